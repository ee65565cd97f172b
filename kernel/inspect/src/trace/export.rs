//! `trace export`: the records that are there, in a form that others read.

use alloc::format;

use bstr::{BStr, BString, ByteSlice};
use pollux_shell::{
    env::OpenFlags,
    errno::Errno,
    io::{self, Ended, Outcome, Output},
    process::Process,
};
use pollux_trace::{
    Snapshot,
    export::{Csv, Export, Names, Perfetto, Text, ctf},
};

use super::{CHUNK, COMMAND, fail, send, snapshot};
use crate::{names, recording::Whole, system};

/// Writes to standard output, or CTF, which is several files, into a directory.
pub async fn run(p: &Process, operands: &[&BStr]) -> Outcome {
    let names = names::of(system::core(p).await?.executor());
    let snapshot = snapshot(p).await?;
    let mut out = Output::new(p);
    match operands {
        [form] if *form == "text" => send(&mut out, &mut Text::new(snapshot.records.iter(), &names)).await?,
        [form] if *form == "csv" => send(&mut out, &mut Csv::new(snapshot.records.iter(), &names)).await?,
        [form] if *form == "perfetto" => send(&mut out, &mut Perfetto::new(&snapshot, &names)).await?,
        [form, directory] if *form == "ctf" => folder(p, directory, &snapshot, &names).await?,
        _ => {
            return Err(
                io::usage(p, &COMMAND, "export takes text, csv, perfetto, or ctf and a directory").await
            );
        }
    }
    out.finish(0).await
}

/// The folder of a CTF trace: the text that says how the rest is laid out, and a file for each CPU.
async fn folder(p: &Process, directory: &BStr, snapshot: &Snapshot, names: &Names) -> Result<(), Ended> {
    match p.sys.mkdir(p.absolute(directory).as_bstr(), 0o755).await {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(error) => return Err(fail(p, &format!("{directory}: {error}")).await),
    }
    let path = |name: &str| BString::from(format!("{directory}/{name}"));
    write(p, &path("metadata"), &mut Whole(Some(ctf::metadata()))).await?;
    for cpu in 0..snapshot.lost.len() {
        let mut stream = ctf::Stream::new(snapshot, names, cpu);
        write(p, &path(&stream.file_name()), &mut stream).await?;
    }
    Ok(())
}

async fn write(p: &Process, path: &BString, export: &mut (dyn Export + Send)) -> Result<(), Ended> {
    let result = async {
        let file = p.open(path.as_bstr(), OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC).await?;
        let (mut chunk, mut more) = (alloc::vec::Vec::new(), true);
        while more {
            chunk.clear();
            more = export.fill(&mut chunk, CHUNK);
            file.write_all(&chunk).await?;
        }
        Ok::<(), Errno>(())
    };
    match result.await {
        Ok(()) => Ok(()),
        Err(error) => Err(fail(p, &format!("{path}: {error}")).await),
    }
}
