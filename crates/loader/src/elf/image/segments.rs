//! What is loaded, and where: the program headers.

use object::Endianness;
use object::elf;

use super::Verdict;
use super::span::Span;

/// The smallest page that there is.
const PAGE: u64 = 4096;

/// A program header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) kind: elf::ProgramType,
    pub(super) flags: elf::ProgramFlags,
    pub(super) align: u64,
    pub(super) file: Span,
    pub(super) memory: Span,
}

impl Segment {
    pub(super) fn new(raw: &elf::ProgramHeader64<Endianness>, endian: Endianness) -> Self {
        Self {
            kind: raw.p_type.get(endian),
            flags: raw.p_flags.get(endian),
            align: raw.p_align.get(endian),
            file: Span::new(raw.p_offset.get(endian), raw.p_filesz.get(endian)),
            memory: Span::new(raw.p_vaddr.get(endian), raw.p_memsz.get(endian)),
        }
    }

    pub(super) fn may(&self, rights: elf::ProgramFlags) -> bool {
        self.flags.contains(rights)
    }

    /// The part of its memory that comes from the file; the rest is zero.
    pub(super) fn image(&self) -> Span {
        Span::new(self.memory.start, self.file.size)
    }

    /// Where in the file an address of its image is.
    pub(super) fn offset_of(&self, address: u64) -> u64 {
        address.wrapping_sub(self.memory.start).wrapping_add(self.file.start)
    }

    fn whole_pages(&self) -> Span {
        let page = self.align.max(PAGE);
        let end = self.memory.end().checked_next_multiple_of(page).unwrap_or(u64::MAX);
        Span::new(self.memory.start, end - self.memory.start)
    }
}

/// All program headers.
#[derive(Debug, Clone)]
pub(super) struct Segments(pub(super) Vec<Segment>);

impl Segments {
    pub(super) fn of(&self, kind: elf::ProgramType) -> impl Iterator<Item = &Segment> {
        self.0.iter().filter(move |segment| segment.kind == kind && segment.memory.size > 0)
    }

    /// The loaded segment that has these addresses.
    pub(super) fn loaded(&self, memory: Span) -> Option<&Segment> {
        self.of(elf::PT_LOAD).find(|load| load.memory.holds(memory))
    }

    /// The loaded segment that has these addresses from the file.
    pub(super) fn in_file(&self, memory: Span) -> Option<&Segment> {
        self.of(elf::PT_LOAD).find(|load| load.image().holds(memory))
    }

    /// The part of the memory that becomes read-only once the library is relocated, in whole
    /// pages, as `_dl_protect_relro` of glibc's elf/dl-reloc.c has it.
    pub(super) fn read_only_later(&self) -> impl Iterator<Item = Span> {
        self.of(elf::PT_GNU_RELRO).map(|relro| {
            let end = relro.memory.end() / PAGE * PAGE;
            Span::new(relro.memory.start, end.saturating_sub(relro.memory.start))
        })
    }

    /// Refuses what elf/dl-load.c of glibc takes as it comes; `table` is where they are in the file.
    pub(super) fn check(&self, table: u64) -> Verdict {
        self.check_loads()?;
        self.check_tls()?;
        self.check_dynamic()?;
        for segment in &self.0 {
            self.check_reader(segment, table)?;
        }
        Ok(())
    }

    /// The gABI's chapter "Program Header": sizes, order and alignment.
    fn check_loads(&self) -> Verdict {
        let mut free = 0;
        for load in self.of(elf::PT_LOAD) {
            let Span { start, size } = load.memory;
            let at = format!("the segment at {start:#x}");
            let Some(end) = start.checked_add(size) else {
                return Err(format!("{at} goes beyond the last address"));
            };
            if load.file.size > size {
                return Err(format!("{at} has more bytes in the file than in memory"));
            }
            if load.align > 1 && !load.align.is_power_of_two() {
                return Err(format!("{at} is aligned to {:#x}, no power of two", load.align));
            }
            if load.align > 1 && !start.wrapping_sub(load.file.start).is_multiple_of(load.align) {
                return Err(format!("{at} is at another place of its page in the file"));
            }
            if start < free {
                return Err(format!("{at} comes before the end of the one before it"));
            }
            free = end;
        }
        Ok(())
    }

    /// A thread's storage is copied from its image, and aligned.
    fn check_tls(&self) -> Verdict {
        let mut all = self.of(elf::PT_TLS);
        let Some(tls) = all.next() else { return Ok(()) };
        if all.next().is_some() {
            return Err("it has two segments of thread-local storage".into());
        }
        if tls.align > 1 && !tls.align.is_power_of_two() {
            return Err(format!(
                "its thread-local storage is aligned to {:#x}, no power of two",
                tls.align
            ));
        }
        let is_loaded = tls.file.size == 0 || self.in_file(tls.image()).is_some();
        if tls.file.size > tls.memory.size || !is_loaded {
            return Err("its thread-local storage is not in what is loaded".into());
        }
        Ok(())
    }

    fn check_dynamic(&self) -> Verdict {
        let mut all = self.of(elf::PT_DYNAMIC);
        let (Some(dynamic), None) = (all.next(), all.next()) else {
            return Err("it does not have one dynamic section".into());
        };
        let load = self.in_file(dynamic.memory).ok_or("its dynamic section is not loaded")?;
        // The linker writes into one of which it is told that it may.
        if dynamic.may(elf::PF_W) && !load.may(elf::PF_W) {
            return Err("its dynamic section cannot be written".into());
        }
        if !load.may(elf::PF_R) {
            return Err("its dynamic section cannot be read".into());
        }
        Ok(())
    }

    /// What the linker or the unwinder reads where it has been loaded, or protects there.
    fn check_reader(&self, segment: &Segment, table: u64) -> Verdict {
        let memory = segment.memory;
        let is_loaded = match segment.kind {
            _ if memory.size == 0 => true,
            elf::PT_PHDR => self
                .in_file(memory)
                .is_some_and(|load| load.may(elf::PF_R) && load.offset_of(memory.start) == table),
            elf::PT_GNU_EH_FRAME | elf::PT_GNU_PROPERTY => self.is_readable(memory),
            // Others are not looked at: sysdeps/x86/dl-prop.h of glibc.
            elf::PT_NOTE if segment.align == 8 => self.is_readable(memory),
            elf::PT_GNU_RELRO => self
                .of(elf::PT_LOAD)
                .any(|load| load.may(elf::PF_W) && load.whole_pages().holds(memory)),
            _ => true,
        };
        if is_loaded {
            return Ok(());
        }
        Err(format!("the segment of type {:#x} is not in what is loaded", segment.kind.0))
    }

    fn is_readable(&self, memory: Span) -> bool {
        self.in_file(memory).is_some_and(|load| load.may(elf::PF_R))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::super::sound::refused;
    use super::super::sound::taken;
    use super::*;

    #[test]
    fn what_is_loaded_is_in_order_and_fits_its_pages() {
        refused(|image| image.data().memory.start = u64::MAX - 0xfff, "beyond the last address");
        refused(|image| image.data().memory.size = 0x17ff, "more bytes in the file");
        refused(|image| image.data().align = 0x1001, "no power of two");
        refused(|image| image.data().file.start += 8, "another place of its page");
        refused(|image| image.segments.0.swap(1, 2), "before the end of the one before it");
        refused(|image| image.data().memory.start = 0x1000, "before the end of the one before it");
        taken(|image| image.data().align = 0);
    }

    #[test]
    fn an_empty_segment_is_none() {
        let empty = |kind| {
            move |image: &mut Image| {
                let mut empty = *image.segment(elf::PT_TLS);
                (empty.kind, empty.memory, empty.file) = (kind, Span::new(7, 0), Span::new(7, 0));
                image.segments.0.push(empty);
            }
        };
        for kind in [elf::PT_LOAD, elf::PT_TLS, elf::PT_DYNAMIC, elf::PT_GNU_RELRO, elf::PT_PHDR] {
            taken(empty(kind));
        }
    }

    #[test]
    fn thread_local_storage_is_one_and_loaded() {
        refused(|image| image.segment(elf::PT_NOTE).kind = elf::PT_TLS, "two segments");
        refused(|image| image.segment(elf::PT_TLS).align = 12, "no power of two");
        refused(|image| image.segment(elf::PT_TLS).file.size = 0x21, "not in what is loaded");
        refused(|image| image.segment(elf::PT_TLS).memory.start = 0x5000, "not in what is loaded");
        // All of it is zero, and nothing is copied.
        taken(|image| {
            image.without_sections();
            let tls = image.segment(elf::PT_TLS);
            (tls.file.size, tls.memory.start) = (0, 0x9000);
        });
    }

    #[test]
    fn the_dynamic_section_is_one_loaded_and_as_it_says() {
        refused(|image| image.segment(elf::PT_NOTE).kind = elf::PT_DYNAMIC, "not have one");
        refused(|image| image.segment(elf::PT_DYNAMIC).kind = elf::PT_NULL, "not have one");
        refused(|image| image.segment(elf::PT_DYNAMIC).memory.start = 0x4700, "is not loaded");
        refused(|image| image.data().flags = elf::PF_R, "its dynamic section cannot be written");
        refused(|image| image.data().flags = elf::PF_W, "its dynamic section cannot be read");
        // As with `-z rodynamic`.
        let mut image = Image::sound();
        image.data().flags = elf::PF_R;
        image.segment(elf::PT_DYNAMIC).flags = elf::PF_R;
        assert_eq!(image.segments.check_dynamic(), Ok(()));
    }

    #[test]
    fn what_is_read_where_it_was_loaded_is_there() {
        for kind in [elf::PT_PHDR, elf::PT_GNU_EH_FRAME, elf::PT_GNU_PROPERTY, elf::PT_NOTE] {
            refused(|image| image.segment(kind).memory.start = 0x2800, "the segment of type");
            refused(|image| image.segment(kind).memory.start = 0x4f00, "the segment of type");
        }
        refused(|image| image.segment(elf::PT_PHDR).memory.start = 0x48, "of type 0x6 is not");
        refused(|image| image.load(elf::PF_R).flags = elf::PF_X, "of type 0x6 is not");
        let other = |image: &mut Image| {
            image.segment(elf::PT_PHDR).kind = elf::PT_NULL;
            image.load(elf::PF_R).flags = elf::PF_X;
        };
        refused(other, "of type 0x6474e550 is not");
        // It is one that nobody reads.
        taken(|image| {
            let note = image.segment(elf::PT_NOTE);
            (note.align, note.memory.start) = (4, 0x2800);
        });
    }

    #[test]
    fn what_becomes_read_only_is_within_one_segment_up_to_the_end_of_its_page() {
        let relro = |start, size| {
            move |image: &mut Image| {
                image.without_sections();
                image.segment(elf::PT_GNU_RELRO).memory = Span::new(start, size);
            }
        };
        refused(relro(0x1000, 0x1000), "the segment of type");
        refused(relro(0x2000, 0x2000), "the segment of type");
        refused(relro(0x3000, 0x2001), "the segment of type");
        taken(relro(0x3000, 0x2000));
        taken(|image| {
            image.data().memory.size = 0x1f00;
            image.segment(elf::PT_GNU_RELRO).memory = Span::new(0x3000, 0x1fff);
            image.without_sections();
        });
    }
}
