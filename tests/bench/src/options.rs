//! The command line.

use std::path::PathBuf;

use crate::sections;

pub(crate) const USAGE: &str = "\
usage: cargo xtask bench [--quick] [--peers] [--write] [--check] [SECTION...]
       cargo xtask bench micro [ARGS...]
       cargo xtask bench voice [--quick]

Measures a release build beside a bare hyper server, prints tables, and shows the
figures that differ by more than 10 % from those of docs/performance.json.
Without other arguments it takes about five minutes, and writes docs/performance.md,
its pictures and docs/performance.json.

  SECTION   measure only this: calls, bodies, stream, control, mixed, start, rest,
            ends, growth, instructions, json, python
  --quick   short rounds and the main rows, in less than a minute
  --peers   install the original worker, which is written in Python, and measure
            the section python too
  --write   write the files also for single sections; the others stay as they are
  --check   fail if one request needs over 5 % more instructions than committed

The section instructions needs valgrind.
micro runs the microbenchmarks of criterion with ARGS, such as the name of one.";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) dist: PathBuf,
    pub(crate) docs: PathBuf,
    pub(crate) original: Option<PathBuf>,
    pub(crate) quick: bool,
    pub(crate) check: bool,
    pub(crate) write: bool,
    pub(crate) sections: Vec<&'static str>,
}

impl Options {
    /// Parses the arguments; none if they are wrong.
    pub(crate) fn parse(args: &[String]) -> Option<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        let mut peers = false;
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--dist" => options.dist = args.next()?.into(),
                "--docs" => options.docs = args.next()?.into(),
                "--original" => options.original = Some(args.next()?.into()),
                "--quick" => options.quick = true,
                "--peers" => peers = true,
                "--check" => options.check = true,
                "--write" => options.write = true,
                name => options.sections.push(sections::names().find(|known| *known == name)?),
            }
        }
        // A whole measurement.
        options.write |= options.sections.is_empty() && !options.quick;
        if options.sections.is_empty() {
            options.sections.extend(sections::usual(options.quick));
            options.sections.extend(peers.then_some("python"));
        }
        let has_folders =
            ![&options.dist, &options.docs].iter().any(|dir| dir.as_os_str().is_empty());
        has_folders.then_some(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Options> {
        let args = format!("--dist a --docs b {text}");
        Options::parse(&args.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_whole_measurement_is_written() {
        let options = parse("").unwrap();
        assert!(options.write && options.sections.contains(&"growth"));
        assert!(!options.sections.contains(&"python"));
        assert!(parse("--peers").unwrap().sections.contains(&"python"));
    }

    #[test]
    fn a_part_is_written_if_asked() {
        assert!(!parse("--quick").unwrap().write);
        assert!(!parse("calls").unwrap().write);
        assert_eq!(parse("--write calls").unwrap().sections, ["calls"]);
        assert!(parse("--write calls").unwrap().write);
    }

    #[test]
    fn other_arguments_are_refused() {
        assert_eq!(parse("cals"), None);
        assert_eq!(parse("--dist"), None);
        assert_eq!(Options::parse(&[]), None);
    }
}
