//! The frames of the stack: their addresses and files.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};

use crate::record::Frame;

/// Maximum number of reported frames.
const MAX_FRAMES: usize = 64;
/// Maximum length of a file path in bytes.
const MAX_PATH: usize = 256;
/// Maximum number of bytes read from one line of the maps.
const MAX_LINE: usize = 512;

struct Found {
    addresses: [usize; MAX_FRAMES],
    count: usize,
    /// For each address, the path of its file and the offset in it.
    paths: [([u8; MAX_PATH], usize); MAX_FRAMES],
    offsets: [usize; MAX_FRAMES],
}

struct Shared(UnsafeCell<Found>);

// SAFETY: only the one thread that reports uses it.
unsafe impl Sync for Shared {}

static FOUND: Shared = Shared(UnsafeCell::new(Found {
    addresses: [0; MAX_FRAMES],
    count: 0,
    paths: [([0; MAX_PATH], 0); MAX_FRAMES],
    offsets: [0; MAX_FRAMES],
}));

type Callback = extern "C" fn(*mut c_void, *mut c_void) -> c_int;

// The unwinder of the standard library (Itanium C++ ABI: Exception Handling, 1.6).
unsafe extern "C" {
    fn _Unwind_Backtrace(callback: Callback, data: *mut c_void) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

/// Program counter and stack pointer at the time of the signal; 0 on other machines.
///
/// # Safety
/// `context` is what a handler with SA_SIGINFO was given.
pub(super) unsafe fn registers(context: *mut c_void) -> (usize, usize) {
    // SAFETY: by the contract of this function.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    let registers = {
        let register = |index: c_int| {
            let index = usize::try_from(index).unwrap_or_default();
            machine.gregs.get(index).map_or(0, |value| value.cast_unsigned() as usize)
        };
        (register(libc::REG_RIP), register(libc::REG_RSP))
    };
    #[cfg(target_arch = "aarch64")]
    let registers = (machine.pc as usize, machine.sp as usize);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let registers = {
        let _ = machine;
        (0, 0)
    };
    registers
}

/// Visits the frames of the stack, from the one at `pc` outward.
///
/// # Safety
/// One thread calls it, once.
pub(super) unsafe fn each(pc: usize, mut visit: impl FnMut(&Frame<'_>)) {
    // SAFETY: by the contract of this function nothing else uses it; the callback gets this pointer.
    let found = unsafe {
        let found = FOUND.0.get();
        _Unwind_Backtrace(take, found.cast());
        &mut *found
    };
    let all = found.addresses.get(..found.count).unwrap_or_default();
    // The frames before it belong to the handler.
    let begin = all.iter().position(|address| *address == pc).unwrap_or(0);
    each_mapping(|mapping| mapping.name(found));
    for (number, address) in found.addresses.iter().enumerate().take(found.count).skip(begin) {
        let path = found.paths.get(number).and_then(|(path, length)| path.get(..*length));
        let offset = found.offsets.get(number).copied().unwrap_or_default();
        let module = path.filter(|path| !path.is_empty()).map(|path| (path, offset));
        visit(&Frame { address: *address, module });
    }
}

extern "C" fn take(context: *mut c_void, data: *mut c_void) -> c_int {
    const GO_ON: c_int = 0;
    const STOP: c_int = 5;
    // SAFETY: the unwinder hands over its context and the data that it was given.
    let (address, found) = unsafe { (_Unwind_GetIP(context), &mut *data.cast::<Found>()) };
    match found.addresses.get_mut(found.count) {
        None => STOP,
        Some(place) => {
            *place = address;
            found.count += 1;
            GO_ON
        }
    }
}

/// A line of /proc/self/maps (proc(5)).
struct Mapping<'a> {
    begin: usize,
    end: usize,
    offset: usize,
    path: &'a [u8],
}

impl<'a> Mapping<'a> {
    /// `begin-end permissions offset device inode path`
    fn of(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.splitn(6, |byte| *byte == b' ');
        let mut range = fields.next()?.splitn(2, |byte| *byte == b'-');
        let (begin, end) = (hexadecimal(range.next()?)?, hexadecimal(range.next()?)?);
        let offset = hexadecimal(fields.nth(1)?)?;
        let path = fields.nth(2)?.trim_ascii_start();
        Some(Self { begin, end, offset, path })
    }

    /// Assigns its file to the addresses within it.
    fn name(&self, found: &mut Found) {
        let places = found.paths.iter_mut().zip(&mut found.offsets);
        for (address, ((path, length), offset)) in found.addresses.iter().zip(places) {
            if (self.begin..self.end).contains(address) {
                *length = self.path.len().min(MAX_PATH);
                path.iter_mut().zip(self.path).for_each(|(to, from)| *to = *from);
                *offset = address - self.begin + self.offset;
            }
        }
    }
}

fn hexadecimal(digits: &[u8]) -> Option<usize> {
    digits.iter().try_fold(0_usize, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some((number << 4) | digit as usize)
    })
}

fn each_mapping(mut take: impl FnMut(&Mapping<'_>)) {
    let mut buffer = [0_u8; 1024];
    let (mut line, mut length) = ([0_u8; MAX_LINE], 0);
    // SAFETY: open(2), read(2) and close(2) are async-signal-safe, and get what they ask for.
    unsafe {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC;
        let maps = libc::open(c"/proc/self/maps".as_ptr(), flags);
        if maps < 0 {
            return;
        }
        loop {
            let count = libc::read(maps, buffer.as_mut_ptr().cast(), buffer.len());
            let Some(read) = usize::try_from(count).ok().and_then(|count| buffer.get(..count))
            else {
                break;
            };
            if read.is_empty() {
                break;
            }
            for byte in read {
                if *byte == b'\n' {
                    if let Some(mapping) = line.get(..length).and_then(Mapping::of) {
                        take(&mapping);
                    }
                    length = 0;
                } else if let Some(place) = line.get_mut(length) {
                    *place = *byte;
                    length += 1;
                }
            }
        }
        libc::close(maps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_parsed() {
        let line = b"7f00a000-7f00c000 r-xp 00002000 08:02 173521      /usr/lib/a b.so";
        let mapping = Mapping::of(line).unwrap();
        assert_eq!(
            (mapping.begin, mapping.end, mapping.offset),
            (0x7f00_a000, 0x7f00_c000, 0x2000)
        );
        assert_eq!(mapping.path, b"/usr/lib/a b.so");
        let anonymous = Mapping::of(b"7f00a000-7f00c000 rw-p 00000000 00:00 0 ").unwrap();
        assert_eq!(anonymous.path, b"");
        assert!(Mapping::of(b"nonsense").is_none());
    }

    #[test]
    fn an_address_in_this_program_is_in_its_file() {
        let here = an_address_in_this_program_is_in_its_file as fn() as usize;
        let mut path = Vec::new();
        each_mapping(|mapping| {
            if (mapping.begin..mapping.end).contains(&here) {
                path = mapping.path.to_vec();
            }
        });
        let program = std::env::current_exe().unwrap();
        assert_eq!(String::from_utf8(path).unwrap(), program.to_str().unwrap());
    }
}
