//! `watch`: a command again and again, its output on the whole screen.
//!
//! The command's output is kept up to what the screen can show; the rest is read and let go. While it runs keys are
//! heeded: `q` and `^C` leave (and end it), a blank runs it at once.

use alloc::{format, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::{future::Future, ops::Range, pin::pin, time::Duration};
use futures_util::future::{Either, join, select};

use super::support::{
    child::Child,
    civil::Civil,
    numbers,
};
use crate::{
    edit::keys::Key,
    env::{File, OpenFlags, Result},
    fd::Fd,
    io::{self, Ended, Outcome},
    process::Process,
    screen::{
        Event, FullScreen, Size,
        row::{Layout, element, fitted, rows},
        text_of,
    },
};

command!(
    "watch",
    "watch [-cdegtx] [-n SECONDS] COMMAND [ARGUMENT]...",
    "Runs COMMAND every two seconds (-n) and shows its output; -d marks what changed, -t without a title, -g ends when the \
     output changes, -e when it fails, -c shows colours, -x without sh -c. q leaves."
);

/// Status when the command failed and `-e` was given.
const COMMAND_FAILED: u8 = 8;
const SHORTEST: Duration = Duration::from_millis(100);

/// What one run left behind.
struct Ran {
    text: Vec<u8>,
    status: u8,
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("interval", 'n'),
        ("differences", 'd'),
        ("no-title", 't'),
        ("chgexit", 'g'),
        ("errexit", 'e'),
        ("exec", 'x'),
        ("color", 'c'),
    ];
    let options = io::options(&p, &COMMAND, "+cdegtxn:", &long).await?;
    let mut pause = Duration::from_secs(2);
    if let Some(text) = options.value('n') {
        match numbers::duration(text) {
            Some(given) => pause = given.max(SHORTEST),
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid interval '{text}'")).await),
        }
    }
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing command").await);
    }
    let line = BString::from(bstr::join(" ", &options.operands));
    let words: Vec<BString> = match options.has('x') {
        true => options.operands.iter().map(|&word| word.into()).collect(),
        false => Vec::from(["sh".into(), "-c".into(), line.clone()]),
    };
    let mut screen = match FullScreen::open(&p, true).await {
        Ok(screen) => screen,
        Err(error) => {
            io::complain_about(&p, b"cannot show anything on a terminal", error).await;
            return Ok(1);
        }
    };
    let mut before: Option<Vec<u8>> = None;
    loop {
        let began = p.sys.uptime();
        let size = screen.size();
        let mut running = pin!(once(&p, &words, size));
        let ran = loop {
            match heed(&mut screen, &mut running).await {
                Heard::Done(ran) => break Some(ran),
                Heard::Leave => break None,
                Heard::Blank => {} // it runs already
            }
        };
        let ran = match ran {
            Some(Ok(ran)) => ran,
            Some(Err(error)) => {
                screen.close().await;
                io::complain_about(&p, &line, error).await;
                return Ok(1);
            }
            None => break,
        };
        let title = (!options.has('t')).then(|| title(&p, pause, &line, screen.size().cols));
        let old = if options.has('d') { before.as_deref() } else { None };
        let mut frame = frame(&ran.text, old, title, screen.size(), options.has('c'));
        let failed = options.has('e') && ran.status != 0;
        if failed {
            let note = format!("command exited with status {}; any key leaves", ran.status);
            frame.truncate(screen.size().rows - 1);
            frame.resize(screen.size().rows - 1, Vec::new());
            frame.push(fitted(note.as_bytes(), screen.size().cols - 1, false).0);
        }
        if screen.show(frame, None).await.is_err() {
            return Err(Ended(1)); // nobody looks any more
        }
        if failed {
            while let Some(Event::Resized) = screen.event().await {}
            screen.close().await;
            return Ok(COMMAND_FAILED);
        }
        if options.has('g') && before.as_ref().is_some_and(|before| *before != ran.text) {
            break;
        }
        before = Some(ran.text);
        let left = pause.saturating_sub(p.sys.uptime().saturating_sub(began));
        if let Heard::Leave = heed(&mut screen, p.sys.sleep(left)).await {
            break;
        }
    }
    screen.close().await;
    Ok(0)
}

/// What came first.
enum Heard<T> {
    Done(T),
    /// A key that leaves, or the terminal is gone.
    Leave,
    /// To be run at once.
    Blank,
}

/// Waits for something and for keys.
async fn heed<T>(screen: &mut FullScreen, mut what: impl Future<Output = T> + Unpin) -> Heard<T> {
    loop {
        let key = match select(pin!(screen.event()), &mut what).await {
            Either::Left((Some(Event::Key(key)), _)) => key,
            Either::Left((Some(Event::Resized), _)) => return Heard::Blank,
            Either::Left((None, _)) => return Heard::Leave,
            Either::Right((output, _)) => return Heard::Done(output),
        };
        match key {
            Key::Control(b'C') => return Heard::Leave,
            Key::Control(b'Z') => {
                if screen.suspend().await.is_err() {
                    return Heard::Leave;
                }
                return Heard::Blank;
            }
            Key::Control(b'L') => screen.forget(),
            key if text_of(&key) == b"q" => return Heard::Leave,
            key if text_of(&key) == b" " => return Heard::Blank,
            _ => {}
        }
    }
}

/// Runs the command once, its output and errors gathered.
async fn once(p: &Process, words: &[BString], size: Size) -> Result<Ran> {
    let most = size.rows * size.cols * 8;
    let (read, write) = p.sys.pipe()?;
    let from = Fd::new(&p.fds, p.fds.insert(read)?);
    let null: Arc<dyn File> = p.sys.open("/dev/null".into(), OpenFlags::READ).await?;
    let started = Child::start_on(p, words.to_vec(), [Some(null), Some(write.clone()), Some(write)]).await;
    let child = match started {
        Ok(child) => child,
        Err(status) => {
            from.close();
            return Ok(Ran { text: Vec::new(), status });
        }
    };
    let reading = async {
        let (mut text, mut chunk) = (Vec::new(), io::buffer(4096)?);
        loop {
            match from.read(&mut chunk).await? {
                0 => return Ok(text),
                count => {
                    let room = most - text.len();
                    text.extend_from_slice(&chunk[..count.min(room)]);
                }
            }
        }
    };
    let (text, exit): (Result<Vec<u8>>, _) = join(reading, child.wait(p)).await;
    from.close();
    Ok(Ran { text: text?, status: exit.status() })
}

fn title(p: &Process, pause: Duration, line: &[u8], cols: usize) -> Vec<u8> {
    let time = Civil::new(p.sys.now());
    let right = format!("{} {}", time.date(), time.time());
    let left = format!("Every {}.{}s: ", pause.as_secs(), pause.subsec_millis() / 100);
    let left = [left.as_bytes(), line].concat();
    let (mut row, width) = fitted(&left, cols.saturating_sub(right.len() + 1), false);
    row.resize(row.len() + cols.saturating_sub(width + right.len()), b' ');
    row.extend_from_slice(right.as_bytes());
    fitted(&row, cols, false).0
}

/// The screen for an output; what is not as it was in `before` in reverse video.
fn frame(text: &[u8], before: Option<&[u8]>, title: Option<Vec<u8>>, size: Size, raw: bool) -> Vec<Vec<u8>> {
    let layout = Layout { left: 0, width: size.cols, chop: None, raw };
    let mut frame: Vec<Vec<u8>> = title.into_iter().flat_map(|title| [title, Vec::new()]).collect();
    let mut old = before.map(|before| before.lines());
    for line in text.lines() {
        if frame.len() >= size.rows {
            break;
        }
        let changed = old.as_mut().map_or(Vec::new(), |old| changed(line, old.next().unwrap_or_default()));
        frame.extend(rows(line, layout, &changed));
    }
    frame.truncate(size.rows);
    frame
}

/// The parts of a line that differ from what stood in the same columns before.
fn changed(line: &[u8], before: &[u8]) -> Vec<Range<usize>> {
    let cells = |text: &[u8]| {
        let (mut cells, mut at) = (Vec::new(), 0);
        while let Some(shown) = element(&text[at..]) {
            cells.push(at..at + shown.bytes);
            at += shown.bytes;
        }
        cells
    };
    let old = cells(before);
    let same = |number: usize, cell: &Range<usize>| {
        old.get(number).is_some_and(|old| before[old.clone()] == line[cell.clone()])
    };
    cells(line).into_iter().enumerate().filter(|(at, cell)| !same(*at, cell)).map(|(_, cell)| cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_by_column() {
        assert!(changed(b"abc", b"abc").is_empty());
        assert_eq!(changed(b"axcy", b"abcd"), [1..2, 3..4]);
        assert_eq!(changed("aé日".as_bytes(), "aè".as_bytes()), [1..3, 3..6]);
    }
}
