//! The command line.

use std::path::PathBuf;

use universal_worker_voice_bench::corpus::Extent;

pub(crate) const USAGE: &str = "\
usage: universal-worker-voice-bench [--quick] [--folder DIR] [--sounds DIR] [--python PROGRAM]

Prints how well the plugin voice-activity finds speech, as Markdown.

options:
  --quick           the main part of the corpus only
  --folder DIR      where the corpus is written, and list.tsv with each result;
                    target/voice if missing
  --sounds DIR      a folder with audio files in which nobody speaks
  --python PROGRAM  a Python with the packages of tests/voice/requirements.txt,
                    which runs the other detectors";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) extent: Extent,
    pub(crate) folder: PathBuf,
    pub(crate) sounds: Option<PathBuf>,
    pub(crate) python: Option<PathBuf>,
}

impl Options {
    /// Parses arguments; `None` if they are wrong.
    pub(crate) fn parse(args: &[String]) -> Option<Self> {
        let mut options = Self {
            extent: Extent::Full,
            folder: "target/voice".into(),
            sounds: None,
            python: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => options.extent = Extent::Quick,
                "--folder" => options.folder = args.next()?.into(),
                "--sounds" => options.sounds = Some(args.next()?.into()),
                "--python" => options.python = Some(args.next()?.into()),
                _ => return None,
            }
        }
        Some(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &str) -> Option<Options> {
        Options::parse(&args.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_parsed() {
        let options = parse("--quick --sounds s --python p --folder f").unwrap();
        assert_eq!(options.extent, Extent::Quick);
        assert_eq!(options.folder, PathBuf::from("f"));
        assert_eq!(options.sounds, Some("s".into()));
        assert_eq!(options.python, Some("p".into()));
    }

    #[test]
    fn unknown_options_and_missing_values_are_refused() {
        assert_eq!(parse("--what"), None);
        assert_eq!(parse("--sounds"), None);
    }
}
