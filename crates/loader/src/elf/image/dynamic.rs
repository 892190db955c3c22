//! What the dynamic linker follows without a look: the dynamic section.
//!
//! The rules are those of the gABI's chapter "Dynamic Section", as far as glibc relies on them:
//! `elf_get_dynamic_info` of elf/get-dynamic-info.h, `elf_dynamic_do_Rela` of elf/do-rel.h.

use object::elf;
use object::elf::DynamicTag;

use super::Verdict;
use super::entries::ADDRESS;
use super::entries::FINI_ARRAY;
use super::entries::INIT_ARRAY;
use super::entries::JMPREL;
use super::entries::RELA;
use super::entries::RELOCATION;
use super::entries::RELR;
use super::entries::STRINGS;
use super::entries::Sized;
use super::entries::TABLES;
use super::segments::Segments;
use super::span::Span;

/// The entries before the one that ends them.
#[derive(Debug, Clone)]
pub(super) struct Dynamic(pub(super) Vec<(DynamicTag, u64)>);

impl Dynamic {
    /// None where nothing ends them: the linker would read on.
    pub(super) fn new(entries: impl IntoIterator<Item = (DynamicTag, u64)>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut kept = Vec::new();
        loop {
            match entries.next()? {
                (elf::DT_NULL, _) => return Some(Self(kept)),
                entry => kept.push(entry),
            }
        }
    }

    /// Of several the linker takes the last.
    pub(super) fn get(&self, tag: DynamicTag) -> Option<u64> {
        self.0.iter().rev().find(|(found, _)| *found == tag).map(|(_, value)| *value)
    }

    /// None where there is no such table, or nothing in it.
    pub(super) fn span(&self, table: &Sized) -> Option<Span> {
        let span = Span::new(self.get(table.start)?, self.get(table.size)?);
        (span.size > 0).then_some(span)
    }

    /// The last of the relocations that are said to need no symbol: the linker takes its word.
    pub(super) fn last_relative(&self) -> Option<Span> {
        let (rela, count) = (self.span(&RELA)?, self.get(elf::DT_RELACOUNT)?);
        let count = count.min(rela.size / RELOCATION);
        let before = count.checked_sub(1)?;
        Some(Span::new(rela.start.wrapping_add(before * RELOCATION), RELOCATION))
    }

    pub(super) fn check(&self, segments: &Segments) -> Verdict {
        self.check_strings(segments)?;
        for table in [&RELA, &JMPREL, &RELR, &INIT_ARRAY, &FINI_ARRAY] {
            self.check_sized(table, segments)?;
        }
        for (name, tag) in TABLES {
            let start = self.get(tag);
            if start.is_some_and(|start| segments.in_file(Span::new(start, 1)).is_none()) {
                return Err(format!("the table {name} is not in what is loaded"));
            }
        }
        self.check_versions()?;
        self.check_code(segments)?;
        self.check_lazy(segments)
    }

    fn check_strings(&self, segments: &Segments) -> Verdict {
        let all = (self.get(elf::DT_STRTAB), self.get(elf::DT_STRSZ), self.get(elf::DT_SYMTAB));
        let (Some(start), Some(size), Some(_)) = all else {
            return Err("its dynamic section names no symbols, or no strings".into());
        };
        if segments.in_file(Span::new(start, size)).is_none() {
            return Err("the table STRTAB is not in what is loaded".into());
        }
        let mut strings = self.0.iter().filter(|(tag, _)| STRINGS.contains(tag));
        match strings.find(|(_, offset)| *offset >= size) {
            None => Ok(()),
            Some((tag, _)) => Err(format!("the name with tag {:#x} is not in its strings", tag.0)),
        }
    }

    fn check_sized(&self, table: &Sized, segments: &Segments) -> Verdict {
        let name = table.name;
        match (self.get(table.start), self.get(table.size)) {
            (None, None | Some(0)) => return Ok(()),
            (Some(_), Some(_)) => {}
            _ => return Err(format!("the table {name} has no start or no size")),
        }
        if let Some((tag, value)) = table.kind
            && self.get(tag) != Some(value)
        {
            return Err(format!("the table {name} has entries of another kind"));
        }
        let Some(span) = self.span(table) else { return Ok(()) };
        if !span.size.is_multiple_of(table.each) || segments.in_file(span).is_none() {
            return Err(format!("the table {name} is not in what is loaded"));
        }
        Ok(())
    }

    /// Where there are versions, each symbol has one, and they are looked up by it
    /// (`_dl_check_map_versions` of glibc's elf/dl-version.c).
    fn check_versions(&self) -> Verdict {
        let has = |tag| self.get(tag).is_some();
        let needs = (has(elf::DT_VERNEEDNUM), has(elf::DT_VERNEED));
        let defines = (has(elf::DT_VERDEFNUM), has(elf::DT_VERDEF));
        for (is_counted, is_there) in [needs, defines] {
            let symbols_have = has(elf::DT_VERSYM);
            if (is_there && !symbols_have) || (is_counted && !is_there && symbols_have) {
                return Err("some versions of its symbols are not named".into());
            }
        }
        Ok(())
    }

    fn check_code(&self, segments: &Segments) -> Verdict {
        for (name, tag) in [("INIT", elf::DT_INIT), ("FINI", elf::DT_FINI)] {
            // Other linkers than glibc's take 0 for none.
            let Some(start) = self.get(tag).filter(|start| *start != 0) else { continue };
            let load = segments.in_file(Span::new(start, 1));
            if !load.is_some_and(|load| load.may(elf::PF_X)) {
                return Err(format!("the function {name} is not in code"));
            }
        }
        Ok(())
    }

    /// The linker puts two addresses of its own behind the first entry, for calls that it binds
    /// when they are made (`elf_machine_runtime_setup`).
    fn check_lazy(&self, segments: &Segments) -> Verdict {
        let (Some(_), Some(start)) = (self.span(&JMPREL), self.get(elf::DT_PLTGOT)) else {
            return Ok(());
        };
        let load = segments.loaded(Span::new(start, 3 * ADDRESS));
        if load.is_some_and(|load| load.may(elf::PF_W)) {
            return Ok(());
        }
        Err("the table PLTGOT cannot be written".into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::super::sound::refused;
    use super::super::sound::taken;
    use super::*;

    #[test]
    fn the_entries_end_and_the_last_of_a_kind_counts() {
        let (null, name, other) = (elf::DT_NULL, elf::DT_NEEDED, elf::DT_SONAME);
        assert!(Dynamic::new([(name, 1)]).is_none());
        let dynamic = Dynamic::new([(name, 1), (name, 2), (null, 0), (other, 3)]).unwrap();
        assert_eq!((dynamic.get(name), dynamic.get(other)), (Some(2), None));
        refused(|image| image.dynamic = None, "has no end");
    }

    #[test]
    fn there_are_symbols_and_names() {
        for tag in [elf::DT_STRTAB, elf::DT_STRSZ, elf::DT_SYMTAB] {
            refused(|image| image.without(tag), "no symbols, or no strings");
        }
        refused(|image| image.entry(elf::DT_STRSZ).1 = 0x1000, "STRTAB is not in what is loaded");
        for tag in STRINGS {
            refused(|image| *image.entry(elf::DT_NEEDED) = (tag, 0x40), "is not in its strings");
            taken(|image| *image.entry(elf::DT_NEEDED) = (tag, 0x3f));
        }
    }

    #[test]
    fn a_table_has_a_start_a_size_and_entries_of_its_kind() {
        for table in [&RELA, &JMPREL, &RELR, &INIT_ARRAY, &FINI_ARRAY] {
            refused(|image| image.without(table.start), "has no start or no size");
            refused(|image| image.without(table.size), "has no start or no size");
            let whole = |change: fn(u64) -> u64| {
                move |image: &mut Image| {
                    image.without_sections();
                    let size = &mut image.entry(table.size).1;
                    *size = change(*size);
                }
            };
            refused(whole(|size| size - 1), "is not in what is loaded");
            refused(whole(|_| 24 << 12), "is not in what is loaded");
            if let Some((tag, value)) = table.kind {
                refused(|image| image.without(tag), "entries of another kind");
                refused(|image| image.entry(tag).1 = value + 1, "entries of another kind");
            }
        }
        // There are none, and their start says nothing.
        taken(|image| {
            (image.entry(elf::DT_FINI_ARRAY).1, image.entry(elf::DT_FINI_ARRAYSZ).1) = (0, 0);
        });
        taken(|image| {
            image.without(elf::DT_FINI_ARRAY);
            image.entry(elf::DT_FINI_ARRAYSZ).1 = 0;
        });
    }

    #[test]
    fn each_table_is_loaded_from_the_file() {
        for (name, tag) in TABLES {
            let words = format!("the table {name} is not in what is loaded");
            let place = |image: &mut Image| {
                image.without_sections();
                if image.dynamic.as_ref().unwrap().get(tag).is_none() {
                    *image.entry(elf::DT_FINI) = (tag, 0);
                }
                image.entry(tag).1 = 0x4900;
            };
            refused(place, &words);
        }
    }

    #[test]
    fn versions_are_named_with_those_of_the_symbols() {
        let words = "some versions of its symbols are not named";
        refused(|image| image.without(elf::DT_VERSYM), words);
        refused(|image| image.without(elf::DT_VERNEED), words);
        taken(|image| image.without(elf::DT_VERNEEDNUM));
        taken(|image| {
            image.without(elf::DT_VERSYM);
            image.without(elf::DT_VERNEED);
        });
        refused(|image| image.entry(elf::DT_VERNEEDNUM).0 = elf::DT_VERDEFNUM, words);
    }

    #[test]
    fn what_is_called_is_code() {
        for tag in [elf::DT_INIT, elf::DT_FINI] {
            refused(|image| image.entry(tag).1 = 0x800, "is not in code");
            taken(|image| image.entry(tag).1 = 0);
        }
    }

    #[test]
    fn calls_that_are_bound_late_have_a_table_to_write() {
        refused(|image| image.entry(elf::DT_PLTGOT).1 = 0x800, "PLTGOT cannot be written");
        refused(|image| image.entry(elf::DT_PLTGOT).1 = 0x4ff0, "PLTGOT cannot be written");
        taken(|image| image.without(elf::DT_PLTGOT));
    }

    #[test]
    fn the_last_relative_relocation_is_the_one_that_is_counted() {
        let last = |count: u64| {
            let mut image = Image::sound();
            image.entry(elf::DT_RELACOUNT).1 = count;
            image.dynamic.unwrap().last_relative().map(|last| last.start)
        };
        let expected = [(0, None), (1, Some(0x400)), (2, Some(0x418)), (99, Some(0x418))];
        for (count, start) in expected {
            assert_eq!(last(count), start);
        }
    }
}
