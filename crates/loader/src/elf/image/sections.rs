//! The section headers: a second description of what is loaded.
//!
//! The dynamic linker does not look at them, and a library need not have any. Where it has, whoever
//! wrote the one wrote the other, and a difference is damage.

use object::Endianness;
use object::elf;

use super::Verdict;
use super::segments::Segment;
use super::segments::Segments;
use super::span::Span;

/// A section that is in memory and not empty.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) kind: elf::SectionType,
    pub(super) flags: elf::SectionFlags,
    pub(super) align: u64,
    pub(super) offset: u64,
    pub(super) memory: Span,
    /// Empty where it cannot be read.
    pub(super) name: Vec<u8>,
}

impl Section {
    /// None where it takes no memory.
    pub(super) fn new(
        raw: &elf::SectionHeader64<Endianness>,
        endian: Endianness,
        names: &[u8],
    ) -> Option<Self> {
        let (kind, flags) = (raw.sh_type.get(endian), raw.sh_flags.get(endian));
        let memory = Span::new(raw.sh_addr.get(endian), raw.sh_size.get(endian));
        if kind == elf::SHT_NULL || !flags.contains(elf::SHF_ALLOC) || memory.size == 0 {
            return None;
        }
        let name = usize::try_from(raw.sh_name.get(endian)).ok().and_then(|at| names.get(at..));
        let name = name.and_then(|name| name.split(|byte| *byte == 0).next()).unwrap_or_default();
        let (align, offset) = (raw.sh_addralign.get(endian), raw.sh_offset.get(endian));
        Some(Self { kind, flags, align, offset, memory, name: name.to_owned() })
    }

    fn is_tls(&self) -> bool {
        self.flags.contains(elf::SHF_TLS)
    }

    /// Nothing of it is in the file.
    fn is_zero(&self) -> bool {
        self.kind == elf::SHT_NOBITS
    }

    fn at(&self) -> String {
        format!("the section at {:#x}", self.memory.start)
    }
}

/// Refuses segments that do not load what the sections say.
pub(super) fn check(sections: &[Section], segments: &Segments) -> Verdict {
    for section in sections {
        // Zeros of thread-local storage have addresses, but no memory there.
        if !(section.is_tls() && section.is_zero()) {
            check_place(section, segments)?;
        }
        check_stays_writable(section, segments)?;
    }
    check_dynamic(sections, segments)?;
    check_tls(sections, segments)
}

fn check_place(section: &Section, segments: &Segments) -> Verdict {
    let load = segments
        .loaded(section.memory)
        .ok_or_else(|| format!("{} is not in what is loaded", section.at()))?;
    let is_there = load.image().holds(section.memory)
        && load.offset_of(section.memory.start) == section.offset;
    if !section.is_zero() && !is_there {
        return Err(format!("{} is loaded from another place of the file", section.at()));
    }
    let is_code = section.flags.contains(elf::SHF_EXECINSTR);
    for (needed, right, what) in [
        // Code need not be readable to run.
        (!is_code, elf::PF_R, "read"),
        (section.flags.contains(elf::SHF_WRITE), elf::PF_W, "written"),
        (is_code, elf::PF_X, "run"),
    ] {
        if needed && !load.may(right) {
            return Err(format!("{} cannot be {what}", section.at()));
        }
    }
    Ok(())
}

/// Of the sections that can be written, the names tell which are so for good.
fn check_stays_writable(section: &Section, segments: &Segments) -> Verdict {
    let is_data = matches!(section.name.as_slice(), b".data" | b".bss");
    if is_data && segments.read_only_later().any(|protected| protected.overlaps(section.memory)) {
        return Err(format!("{} becomes read-only", section.at()));
    }
    Ok(())
}

fn check_dynamic(sections: &[Section], segments: &Segments) -> Verdict {
    let mut sections = sections.iter().filter(|section| section.kind == elf::SHT_DYNAMIC);
    let starts: Vec<u64> = segments.of(elf::PT_DYNAMIC).map(|found| found.memory.start).collect();
    if sections.all(|section| starts.contains(&section.memory.start)) {
        return Ok(());
    }
    Err("its dynamic section is at another address than its header says".into())
}

fn check_tls(sections: &[Section], segments: &Segments) -> Verdict {
    if sections.is_empty() {
        return Ok(());
    }
    let mut storage: Vec<&Section> = sections.iter().filter(|section| section.is_tls()).collect();
    storage.sort_by_key(|section| section.memory.start);
    let agrees = match segments.of(elf::PT_TLS).next() {
        None => storage.is_empty(),
        Some(tls) => {
            let mut images = storage.iter().filter(|section| !section.is_zero());
            images.all(|section| tls.image().holds(section.memory))
                && (!is_in_one_piece(&storage) || is_as_large(tls, &storage))
        }
    };
    if agrees {
        return Ok(());
    }
    Err("its thread-local storage is another than its sections say".into())
}

/// patchelf moves the headers of sections that are zero away from where they are, with others that
/// it moves.
fn is_in_one_piece(storage: &[&Section]) -> bool {
    storage.windows(2).all(|pair| {
        let end = pair[0].memory.end();
        end.checked_next_multiple_of(pair[1].align.max(1)) == Some(pair[1].memory.start)
    })
}

/// Some linkers round its size up.
fn is_as_large(tls: &Segment, storage: &[&Section]) -> bool {
    let align = storage.iter().map(|section| section.align).max().unwrap_or(0).max(1);
    let end = storage.iter().map(|section| section.memory.end()).max().unwrap_or(0);
    let spare = tls.memory.end().saturating_sub(end);
    tls.align <= align
        && spare < align
        && storage.iter().all(|section| tls.memory.holds(section.memory))
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::super::sound::refused;
    use super::super::sound::taken;
    use super::*;

    #[test]
    fn only_what_takes_memory_is_looked_at() {
        let section = |name: u64, kind: elf::SectionType, flags: elf::SectionFlags, size| {
            let raw = [name | u64::from(kind.0) << 32, flags.0, 0, 0, size, 0, 0, 0];
            let raw = raw.map(u64::to_le_bytes).concat();
            let (raw, _) = object::pod::from_bytes(&raw).unwrap();
            Section::new(raw, Endianness::Little, b"\0.data\0.bss\0").map(|section| section.name)
        };
        let (bits, loaded) = (elf::SHT_PROGBITS, elf::SHF_ALLOC);
        assert_eq!(section(1, bits, loaded, 8).as_deref(), Some(&b".data"[..]));
        assert_eq!(section(99, bits, loaded, 8).as_deref(), Some(&b""[..]));
        assert_eq!(section(1, elf::SHT_NULL, loaded, 8), None);
        assert_eq!(section(1, bits, elf::SHF_WRITE, 8), None);
        assert_eq!(section(1, bits, loaded, 0), None);
    }

    #[test]
    fn each_section_is_loaded_from_where_it_is_in_the_file() {
        refused(|image| image.data().memory.size = 0x1900, "0x4800 is not in what is loaded");
        refused(|image| image.data().file.size = 0x17ff, "0x4000 is loaded from another place");
        refused(|image| image.data().file.start = 0x4000, "is loaded from another place");
        refused(|image| image.section(".got").offset += 8, "0x3300 is loaded from another place");
        taken(Image::without_sections);
        taken(|image| image.section(".bss").offset = 0);
    }

    #[test]
    fn each_section_has_the_rights_that_it_needs() {
        let code = elf::PF_R.with(elf::PF_X);
        refused(|image| image.load(code).flags = elf::PF_R, "0x1000 cannot be run");
        refused(|image| image.section(".text").flags = elf::SHF_ALLOC.with(elf::SHF_WRITE), "writ");
        refused(
            |image| {
                image.load(code).flags = elf::PF_X;
                image.section(".text").flags = elf::SHF_ALLOC;
            },
            "0x1000 cannot be read",
        );
        // As in a library for aarch64 that is linked with --execute-only.
        taken(|image| image.load(code).flags = elf::PF_X);
    }

    #[test]
    fn data_stays_writable() {
        let protect = |size| {
            move |image: &mut Image| {
                image.segment(elf::PT_GNU_RELRO).memory.size = size;
            }
        };
        refused(protect(0x2000), "0x4000 becomes read-only");
        taken(protect(0x1fff));
    }

    #[test]
    fn the_dynamic_section_is_where_its_header_says() {
        refused(|image| image.segment(elf::PT_DYNAMIC).memory.start += 16, "another address");
    }

    #[test]
    fn thread_local_storage_is_as_large_as_its_sections() {
        let words = "another than its sections say";
        let tls = elf::PT_TLS;
        refused(|image| image.segment(tls).kind = elf::PT_NULL, words);
        refused(|image| image.sections.retain(|section| !section.is_tls()), words);
        refused(|image| image.segment(tls).memory.start += 8, words);
        refused(|image| image.segment(tls).file.size -= 8, words);
        refused(|image| image.segment(tls).memory.size = 0x18, words);
        refused(|image| image.segment(tls).memory.size = 0x28, words);
        refused(|image| image.segment(tls).align = 16, words);
        taken(|image| image.segment(tls).memory.size = 0x27);
        // It has no memory at its address, and may be larger than what is loaded there.
        taken(|image| {
            image.section(".tbss").memory.size = 0x8000;
            image.segment(tls).memory.size = 0x8010;
        });
        // As patchelf leaves it behind.
        taken(|image| image.section(".tbss").memory.start = 0x4900);
    }
}
