//! The fakes punish misuse: one test for each punishment.

use pollux_hal::{IrqLock, Registers, TextBuffer, mock::*};

macro_rules! punished {
    ($($name:ident: $message:literal => $misuse:block)*) => {
        $(#[test] #[should_panic(expected = $message)] fn $name() $misuse)*
    };
}

fn on() -> FakeUart16550<'static> {
    let uart = FakeUart16550::new();
    uart.write8(2, 1);
    uart
}

punished! {
    nested_sections: "nested sections" => {
        let lock = FakeLock::new();
        lock.with(|| lock.with(|| ()));
    }
    uart_empty_receiver: "though it is empty" => { on().read8(0); }
    uart_full_fifo: "full transmitter" => { let uart = on(); (0..17).for_each(|byte| uart.write8(0, byte)); }
    uart_full_without_fifo: "full transmitter" => {
        let uart = FakeUart16550::new();
        (0..2).for_each(|byte| uart.write8(0, byte));
    }
    uart_reset_while_sending: "while bytes were in it" => {
        let uart = on();
        uart.write8(0, b'x');
        uart.write8(2, 5);
    }
    uart_no_divisor: "no clock" => { let uart = on(); uart.write8(3, 0x83); uart.write8(3, 3); }
    uart_reserved_interrupt_bits: "always 0" => { on().write8(1, 0x10); }
    uart_reserved_fifo_bits: "reserved" => { on().write8(2, 0x31); }
    uart_reserved_modem_bits: "always 0" => { on().write8(4, 0x80); }
    uart_status_written: "for reading" => { on().write8(5, 0); }
    uart_outside_its_window: "8 registers" => { on().read8(8); }
    uart_wide_access: "8-bit registers only" => { on().read32(0); }
    uart_unlocked: "outside the device's lock" => {
        let lock = FakeLock::new();
        FakeUart16550::guarded_by(&lock).read8(5);
    }
    uart_locked_by_another_thread: "outside the device's lock" => {
        let lock = FakeLock::new();
        let uart = FakeUart16550::guarded_by(&lock);
        let here = std::thread::scope(|scope| lock.with(|| scope.spawn(|| uart.read8(5)).join()));
        std::panic::resume_unwind(here.expect_err("the other thread does not hold the lock"));
    }
    i8042_no_data: "there is none" => { FakeI8042::new().read8(0); }
    i8042_busy: "was busy" => { let fake = FakeI8042::new(); fake.write8(4, 0xad); fake.write8(4, 0xa7); }
    i8042_unknown_command: "no command" => { FakeI8042::new().write8(4, 0x99); }
    i8042_unknown_keyboard_command: "no command" => { FakeI8042::new().write8(0, 0x99); }
    i8042_unlocked: "outside the device's lock" => {
        let lock = FakeLock::new();
        FakeI8042::guarded_by(&lock).read8(4);
    }
    vga_beyond_the_screen: "2 cells were stored at 1999" => {
        let memory = FakeVgaMemory::new(2000);
        (&memory).store(1999, &[0, 0]);
    }
    crtc_other_register: "not the cursor's" => { let crtc = FakeCrtc::default(); crtc.write8(0, 0); crtc.write8(1, 0); }
    crtc_unselected: "before a register was selected" => { FakeCrtc::default().write8(1, 0); }
    cmos_unselected: "without selecting" => { FakeCmos::new(&[]).read8(1); }
    cmos_read_during_an_update: "during an update" => {
        let cmos = FakeCmos::new(&[]).updating(5);
        cmos.write8(0, 4);
        cmos.read8(1);
    }
    cmos_nmi: "NMI" => { FakeCmos::new(&[]).write8(0, 0x80); }
    cmos_written: "firmware's settings" => { FakeCmos::new(&[]).write8(1, 0); }
    pci_unselected: "while no configuration register" => {
        let lock = FakeLock::new();
        let pci = FakePci::guarded_by(&lock);
        lock.with(|| pci.read32(4));
    }
    pci_unlocked: "outside the device's lock" => {
        let lock = FakeLock::new();
        FakePci::guarded_by(&lock).read32(4);
    }
    fw_cfg_narrow_selector: "16 bits" => { FakeFwCfg::new(&[]).write8(0, 0); }
    fw_cfg_unselected: "before an item" => { FakeFwCfg::new(&[]).read8(1); }
    fw_cfg_wide_data: "16-bit read" => { FakeFwCfg::new(&[]).read16(0); }
}
