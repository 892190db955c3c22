//! Whether the tables of the dynamic section are those that the sections are.

use object::elf;
use object::elf::DynamicTag;

use super::Verdict;
use super::dynamic::Dynamic;
use super::entries::FINI_ARRAY;
use super::entries::INIT_ARRAY;
use super::entries::JMPREL;
use super::entries::RELA;
use super::entries::RELR;
use super::entries::Sized;
use super::entries::TABLES;
use super::sections::Section;
use super::span::Span;

/// Refuses tables that begin or end where no section does, and relocations that nobody would make.
pub(super) fn check(dynamic: &Dynamic, sections: &[Section]) -> Verdict {
    if sections.is_empty() {
        return Ok(());
    }
    for (name, tag) in TABLES {
        check_start(dynamic, name, tag, sections)?;
    }
    for table in [&INIT_ARRAY, &FINI_ARRAY, &RELR] {
        check_bounds(dynamic, table, None, sections)?;
    }
    // One may lie in the section of the other.
    check_bounds(dynamic, &RELA, dynamic.span(&JMPREL), sections)?;
    check_bounds(dynamic, &JMPREL, dynamic.span(&RELA), sections)?;
    check_relocations(dynamic, sections)
}

fn check_start(dynamic: &Dynamic, name: &str, tag: DynamicTag, sections: &[Section]) -> Verdict {
    match dynamic.get(tag) {
        Some(start) if sections.iter().all(|section| section.memory.start != start) => {
            Err(format!("the table {name} begins where no section does"))
        }
        _ => Ok(()),
    }
}

fn check_bounds(
    dynamic: &Dynamic,
    table: &Sized,
    beside: Option<Span>,
    sections: &[Section],
) -> Verdict {
    let Some(span) = dynamic.span(table) else { return Ok(()) };
    let all = || sections.iter().map(|section| section.memory).chain(beside);
    let begins = all().any(|other| span.start == other.start || span.start == other.end());
    let ends = all().any(|other| span.end() == other.end() || span.end() == other.start);
    if begins && ends {
        return Ok(());
    }
    Err(format!("the table {} begins or ends within a section", table.name))
}

/// All relocations that are loaded are there to be made.
fn check_relocations(dynamic: &Dynamic, sections: &[Section]) -> Verdict {
    let tables: Vec<Span> =
        [&RELA, &JMPREL, &RELR].iter().filter_map(|table| dynamic.span(table)).collect();
    let is_named = |section: &Section| {
        // The rest may be in another table, but each begins and ends with a section or the other.
        let start = Span::new(section.memory.start, 1);
        tables.iter().any(|table| table.holds(start))
    };
    let mut relocations =
        sections.iter().filter(|section| matches!(section.kind, elf::SHT_RELA | elf::SHT_RELR));
    if relocations.all(is_named) {
        return Ok(());
    }
    Err("some of its relocations are not named".into())
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::super::sound::refused;
    use super::super::sound::taken;
    use super::*;

    #[test]
    fn tables_begin_where_a_section_does() {
        for tag in [elf::DT_SYMTAB, elf::DT_GNU_HASH, elf::DT_VERSYM, elf::DT_VERNEED] {
            refused(|image| image.entry(tag).1 += 8, "begins where no section does");
        }
        refused(|image| image.entry(elf::DT_STRTAB).1 -= 8, "begins where no section does");
    }

    #[test]
    fn tables_begin_and_end_with_their_sections() {
        let words = "begins or ends within a section";
        refused(|image| image.entry(elf::DT_INIT_ARRAYSZ).1 = 8, words);
        refused(|image| image.entry(elf::DT_INIT_ARRAY).1 += 8, words);
        refused(|image| image.entry(elf::DT_FINI_ARRAYSZ).1 = 16, words);
        refused(|image| image.entry(elf::DT_RELRSZ).1 = 8, words);
        refused(|image| image.entry(elf::DT_RELASZ).1 = 24, words);
        refused(|image| image.entry(elf::DT_JMPREL).1 -= 8, words);
    }

    #[test]
    fn all_relocations_are_made() {
        for (start, size) in [
            (elf::DT_RELA, elf::DT_RELASZ),
            (elf::DT_JMPREL, elf::DT_PLTRELSZ),
            (elf::DT_RELR, elf::DT_RELRSZ),
        ] {
            let lose = |image: &mut Image| {
                image.without(start);
                image.without(size);
            };
            refused(lose, "some of its relocations are not named");
        }
    }

    #[test]
    fn those_of_calls_may_lie_in_the_section_of_the_others() {
        taken(|image| {
            image.sections.retain(|section| section.name != b".rela.plt");
            image.section(".rela.dyn").memory.size = 72;
        });
        // RELASZ counts them, too, in libraries of old linkers.
        taken(|image| image.entry(elf::DT_RELASZ).1 = 72);
    }
}
