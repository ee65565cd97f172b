//! Enumerating PCI functions.

use pollux_drivers::pci::{ConfigPorts, PciAddress};
use pollux_hal::mock::{FakeLock, FakePci};

const HEADER: u8 = 0x0c;

/// Vendor 1234, a device number, class 0200, revision 3.
fn card(device: u32) -> [(u8, u32); 2] {
    [(0, device << 16 | 0x1234), (8, 0x0200_0003)]
}

fn places(fake: FakePci, lock: &FakeLock) -> Vec<String> {
    ConfigPorts::new(fake, lock).enumerate().iter().map(|found| found.address.to_string()).collect()
}

#[test]
fn a_function_tells_what_it_is() {
    let lock = FakeLock::new();
    let fake = FakePci::guarded_by(&lock).with((0, 31, 0), &[(0, 0x2922_8086), (8, 0x0106_0102)]);
    let found = ConfigPorts::new(fake, &lock).enumerate();
    assert_eq!(found.len(), 1);
    let function = found[0];
    assert_eq!(function.address, PciAddress::new(0, 0, 31, 0));
    assert_eq!((function.vendor, function.device), (0x8086, 0x2922));
    assert_eq!((function.class, function.interface, function.revision), (0x0106, 0x01, 0x02));
}

#[test]
fn functions_count_only_where_the_header_says_that_there_are_several() {
    let lock = FakeLock::new();
    let many = [card(1)[0], card(1)[1], (HEADER, 0x0080_0000)];
    let fake = FakePci::guarded_by(&lock)
        .with((0, 1, 0), &card(1))
        .with((0, 1, 1), &card(2)) // a ghost: the device does not decode function numbers
        .with((0, 2, 0), &many)
        .with((0, 2, 7), &card(3))
        .with((0, 3, 1), &card(4)); // no function 0: no device
    assert_eq!(places(fake, &lock), ["0000:00:01.0", "0000:00:02.0", "0000:00:02.7"]);
}

#[test]
fn bridges_are_followed_once() {
    let lock = FakeLock::new();
    let bridge =
        |secondary: u32| [(0, 0x0001_1234), (8, 0x0604_0000), (HEADER, 0x0001_0000), (0x18, secondary << 8)];
    let fake = FakePci::guarded_by(&lock)
        .with((0, 5, 0), &bridge(9))
        .with((9, 0, 0), &card(1))
        .with((9, 1, 0), &bridge(2))
        .with((2, 0, 0), &bridge(0)); // back to the start
    assert_eq!(places(fake, &lock), ["0000:00:05.0", "0000:02:00.0", "0000:09:00.0", "0000:09:01.0"]);
}

#[test]
fn no_pci_means_no_functions() {
    let lock = FakeLock::new();
    assert_eq!(places(FakePci::guarded_by(&lock), &lock).len(), 0);
    assert_eq!(ConfigPorts::new(pollux_hal::mock::NoDevice, &lock).enumerate(), []);
}

#[test]
#[should_panic(expected = "is inside one")]
fn a_register_is_read_whole() {
    ConfigPorts::new(pollux_hal::mock::NoDevice, FakeLock::new()).read(PciAddress::default(), 2);
}
