//! Reads of a file what its headers say.

use std::fs;

use object::Endianness;
use object::ReadCache;
use object::ReadRef;
use object::elf;
use object::read::elf::FileHeader;

use super::Header;
use super::Image;
use super::Verdict;
use super::dynamic::Dynamic;
use super::sections::Section;
use super::segments::Segment;
use super::segments::Segments;

type File<'a> = &'a ReadCache<&'a fs::File>;

/// Far more than the names of sections take; of a file with more they are not read.
const LONGEST_NAMES: u64 = 1 << 20;

pub(super) fn image(file: File<'_>, header: &Header, endian: Endianness) -> Result<Image, String> {
    let raw = header.program_headers(endian, file);
    let raw = raw.map_err(|_| "its program headers cannot be read")?;
    let segments = Segments(raw.iter().map(|raw| Segment::new(raw, endian)).collect());
    let dynamic = dynamic(file, endian, &segments);
    let sections = sections(file, header, endian)?;
    Ok(Image { table: header.e_phoff(endian), segments, sections, dynamic })
}

fn sections(file: File<'_>, header: &Header, endian: Endianness) -> Result<Vec<Section>, String> {
    // Some tools that strip them leave their place behind. More than fit in the number are for
    // files that are still to be linked.
    if header.e_shnum(endian) == 0 {
        return Ok(Vec::new());
    }
    let raw = header.section_headers(endian, file);
    let raw = raw.map_err(|_| "its section headers cannot be read")?;
    let names = header.shstrndx(endian, file).ok().and_then(|index| {
        let names = raw.get(usize::try_from(index).ok()?)?;
        let (start, size) = (names.sh_offset.get(endian), names.sh_size.get(endian));
        file.read_bytes_at(start, Some(size).filter(|size| *size < LONGEST_NAMES)?).ok()
    });
    let names = names.unwrap_or_default();
    Ok(raw.iter().filter_map(|raw| Section::new(raw, endian, names)).collect())
}

fn dynamic(file: File<'_>, endian: Endianness, segments: &Segments) -> Option<Dynamic> {
    let memory = segments.of(elf::PT_DYNAMIC).next()?.memory;
    let start = segments.in_file(memory)?.offset_of(memory.start);
    let count = usize::try_from(memory.size).ok()? / size_of::<elf::Dyn64<Endianness>>();
    let entries = file.read_slice_at::<elf::Dyn64<Endianness>>(start, count).ok()?.iter();
    Dynamic::new(entries.map(|entry| (entry.d_tag.get(endian), entry.d_val.get(endian))))
}

/// Refuses a count of relocations without a symbol that takes in others: the linker does not look
/// (`elf_dynamic_do_Rela` of glibc's elf/do-rel.h).
pub(super) fn check_relative(
    file: File<'_>,
    header: &Header,
    endian: Endianness,
    image: &Image,
) -> Verdict {
    let Some(expected) = relative(header.e_machine(endian)) else { return Ok(()) };
    let last = image.dynamic.as_ref().and_then(Dynamic::last_relative);
    let Some(last) = last else { return Ok(()) };
    let kind = image.segments.in_file(last).and_then(|load| {
        let at = load.offset_of(last.start);
        let relocation = file.read_at::<elf::Rela64<Endianness>>(at).ok()?;
        // ELF64_R_TYPE is the lower half.
        Some(relocation.r_info.get(endian) & u64::from(u32::MAX))
    });
    if kind == Some(u64::from(expected)) {
        return Ok(());
    }
    Err("RELACOUNT counts relocations of another kind".into())
}

/// The type of relocations that need no symbol.
fn relative(machine: elf::Machine) -> Option<u32> {
    match machine {
        elf::EM_X86_64 => Some(elf::R_X86_64_RELATIVE.0),
        elf::EM_AARCH64 => Some(elf::R_AARCH64_RELATIVE.0),
        _ => None,
    }
}
