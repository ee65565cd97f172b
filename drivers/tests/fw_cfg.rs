//! Files from fw_cfg.

use pollux_drivers::{Absent, fw_cfg::FwCfg};
use pollux_hal::mock::{FakeFwCfg, NoDevice};

const SYMBOLS: &[u8] = b"ffffffff80200000 start\nffffffff80200100 main\n";

fn fake() -> FakeFwCfg {
    FakeFwCfg::new(&[("etc/e820", &[1, 2]), ("opt/pollux/command", b""), ("opt/pollux/symbols", SYMBOLS)])
}

#[test]
fn without_its_signature_it_is_absent() {
    assert_eq!(FwCfg::new(NoDevice).map(|_| ()), Err(Absent));
}

#[test]
fn files_are_found_by_their_whole_name() {
    let fake = fake();
    let mut device = FwCfg::new(&fake).expect("the fake has the signature");
    assert_eq!(device.open("opt/pollux/symbols").map(|file| file.size()), Some(SYMBOLS.len() as u32));
    assert_eq!(device.open("opt/pollux/command").map(|file| file.size()), Some(0));
    assert_eq!(device.open("opt/pollux/symbol"), None);
    assert_eq!(device.open(""), None);
    let mut names = Vec::new();
    device.list(|entry| {
        names.push(entry.name().to_vec());
        true
    });
    assert_eq!(names, [&b"etc/e820"[..], b"opt/pollux/command", b"opt/pollux/symbols"]);
}

#[test]
fn reading_in_chunks_goes_on_where_it_was_without_starting_anew() {
    let fake = fake();
    let mut device = FwCfg::new(&fake).expect("the fake has the signature");
    let mut file = device.open("opt/pollux/symbols").expect("it is there");
    let before = fake.selections();
    let mut got = Vec::new();
    let mut chunk = [0; 7];
    loop {
        let count = device.read(&mut file, &mut chunk);
        if count == 0 {
            break;
        }
        got.extend_from_slice(&chunk[..count]);
    }
    assert_eq!(got, SYMBOLS);
    assert_eq!(fake.selections() - before, 1);
}

#[test]
fn seeking_and_taking_turns() {
    let fake = fake();
    let mut device = FwCfg::new(&fake).expect("the fake has the signature");
    let mut symbols = device.open("opt/pollux/symbols").expect("it is there");
    let mut other = device.open("etc/e820").expect("it is there");
    let mut word = [0; 5];
    symbols.seek(17);
    assert_eq!((device.read(&mut symbols, &mut word), &word), (5, b"start"));
    let before = fake.selections();
    symbols.seek(40);
    assert_eq!((device.read(&mut symbols, &mut word), &word), (5, b"main\n"));
    assert_eq!(fake.selections(), before, "forward is reached by skipping, not from the start");
    assert_eq!(device.read(&mut other, &mut word), 2);
    symbols.seek(40);
    assert_eq!((device.read(&mut symbols, &mut word), &word), (5, b"main\n"));
    symbols.seek(1000);
    assert_eq!((symbols.position(), device.read(&mut symbols, &mut word)), (SYMBOLS.len() as u32, 0));
    symbols.seek(0);
    assert_eq!((device.read(&mut symbols, &mut word), &word), (5, b"fffff"));
}
