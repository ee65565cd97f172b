//! `lspci`: the PCI functions, from `/proc/pci`, with names for what one meets in an emulator.

use alloc::{format, string::String};

use super::support::proc;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("lspci", "lspci [-n | -nn]", "Lists PCI devices; -n as numbers, -nn with both names and numbers.");

/// Class codes (PCI Code and ID Assignment Specification, chapter 1).
const CLASSES: &[(&str, &str)] = &[
    ("0000", "Unclassified device"),
    ("00ff", "Unclassified device"),
    ("0100", "SCSI storage controller"),
    ("0101", "IDE interface"),
    ("0106", "SATA controller"),
    ("0108", "Non-Volatile memory controller"),
    ("0180", "Mass storage controller"),
    ("0200", "Ethernet controller"),
    ("0280", "Network controller"),
    ("0300", "VGA compatible controller"),
    ("0380", "Display controller"),
    ("0401", "Multimedia audio controller"),
    ("0403", "Audio device"),
    ("0500", "RAM memory"),
    ("0600", "Host bridge"),
    ("0601", "ISA bridge"),
    ("0604", "PCI bridge"),
    ("0680", "Bridge"),
    ("0780", "Communication controller"),
    ("0880", "System peripheral"),
    ("0900", "Keyboard controller"),
    ("0980", "Input device controller"),
    ("0c03", "USB controller"),
    ("0c05", "SMBus"),
];

/// Vendor and device numbers of QEMU's machines.
const DEVICES: &[(&str, &str)] = &[
    ("1234:1111", "QEMU Standard VGA"),
    ("1af4:1000", "Virtio network device"),
    ("1af4:1001", "Virtio block device"),
    ("1af4:1002", "Virtio memory balloon"),
    ("1af4:1003", "Virtio console"),
    ("1af4:1004", "Virtio SCSI"),
    ("1af4:1005", "Virtio RNG"),
    ("1af4:1009", "Virtio filesystem"),
    ("1af4:1041", "Virtio 1.0 network device"),
    ("1af4:1042", "Virtio 1.0 block device"),
    ("1af4:1043", "Virtio 1.0 console"),
    ("1af4:1044", "Virtio 1.0 RNG"),
    ("1af4:1050", "Virtio 1.0 GPU"),
    ("1af4:1052", "Virtio 1.0 input"),
    ("1b36:0001", "QEMU PCI-PCI bridge"),
    ("1b36:000c", "QEMU PCIe Root port"),
    ("1b36:000d", "QEMU XHCI Host Controller"),
    ("1b36:0010", "QEMU NVM Express Controller"),
    ("8086:100e", "82540EM Gigabit Ethernet Controller"),
    ("8086:10d3", "82574L Gigabit Network Connection"),
    ("8086:1237", "440FX - 82441FX PMC [Natoma]"),
    ("8086:2415", "82801AA AC'97 Audio Controller"),
    ("8086:2668", "82801FB/FBM/FR/FW/FRW (ICH6 Family) High Definition Audio Controller"),
    ("8086:2918", "82801IB (ICH9) LPC Interface Controller"),
    ("8086:2922", "82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode]"),
    ("8086:2930", "82801I (ICH9 Family) SMBus Controller"),
    ("8086:2934", "82801I (ICH9 Family) USB UHCI Controller"),
    ("8086:293a", "82801I (ICH9 Family) USB2 EHCI Controller"),
    ("8086:293e", "82801I (ICH9 Family) HD Audio Controller"),
    ("8086:29c0", "82G33/G31/P35/P31 Express DRAM Controller"),
    ("8086:7000", "82371SB PIIX3 ISA [Natoma/Triton II]"),
    ("8086:7010", "82371SB PIIX3 IDE [Natoma/Triton II]"),
    ("8086:7113", "82371AB/EB/MB PIIX4 ACPI"),
];

const VENDORS: &[(&str, &str)] = &[
    ("1022", "Advanced Micro Devices"),
    ("1234", ""), // no vendor's own number; the device's name says it
    ("10de", "NVIDIA"),
    ("10ec", "Realtek"),
    ("1af4", "Red Hat"),
    ("1b36", "Red Hat"),
    ("8086", "Intel"),
];

fn lookup(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(entry, _)| *entry == key).map(|(_, name)| *name)
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "n", &[]).await?;
    let numbers = options.given.len();
    let text = proc::read(&p, "/proc/pci").await?;
    let mut out = Output::new(&p);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(address), Some(class), Some(device)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let rest = words.collect::<alloc::vec::Vec<_>>().join(" ");
        let revision = if rest.is_empty() || rest == "rev 00" { String::new() } else { format!(" ({rest})") };
        let text = match numbers {
            1 => format!("{address} {class}: {device}{revision}"),
            _ => {
                let (class_number, device_number) = match numbers {
                    0 => (String::new(), String::new()),
                    _ => (format!(" [{class}]"), format!(" [{device}]")),
                };
                let class = lookup(CLASSES, class).map_or_else(|| format!("Class {class}"), String::from);
                let name = name(device);
                format!("{address} {class}{class_number}: {name}{device_number}{revision}")
            }
        };
        out.write_line(text.as_bytes()).await?;
    }
    out.finish(0).await
}

/// Vendor and device in words as far as they are known.
fn name(device: &str) -> String {
    let (vendor, number) = device.split_once(':').unwrap_or((device, ""));
    let vendor_name = lookup(VENDORS, vendor).map_or_else(|| format!("Vendor {vendor}"), String::from);
    let device_name = lookup(DEVICES, device).map_or_else(|| format!("Device {number}"), String::from);
    format!("{vendor_name} {device_name}").trim_start().into()
}
