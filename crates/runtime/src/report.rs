//! The other tasks of a front end: print, report, fail.

use universal_worker_logging as logging;
use universal_worker_process::{descendants, fd, stdout};

use crate::announce::{AnnounceFile, Destination};
use crate::config::{AnnounceTo, Config};
use crate::error::Error;
use crate::force_exit::ABANDONED;
use crate::outcome::Outcome;
use crate::{announce, inherited};

/// How a failure is reported, as far as the arguments tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureReport {
    /// Where it is announced; `None` for a command that announces nothing.
    pub announce: Option<AnnounceTo>,
    /// The format of the last line on stderr.
    pub log_format: logging::Format,
}

impl Default for FailureReport {
    /// An announcement on stdout, and a line of text.
    fn default() -> Self {
        Self { announce: Some(AnnounceTo::Stdout), log_format: logging::Format::Text }
    }
}

impl From<&Config> for FailureReport {
    /// How a worker with this config would report it.
    fn from(config: &Config) -> Self {
        Self { announce: Some(config.announce.clone()), log_format: config.log_format }
    }
}

/// Prints a text to stdout; returns exit code 0.
#[must_use]
pub fn print(text: &str) -> u8 {
    write(text);
    0
}

/// Announces an error and writes it as the last line on stderr; returns its exit code.
///
/// A usage error is not announced on a terminal, because its user reads the line on stderr.
#[must_use]
pub fn fail(error: Error) -> u8 {
    fail_with(error, &FailureReport::default())
}

/// [`fail`], where and how the arguments of the command line ask for it.
#[must_use]
pub fn fail_with(error: Error, report: &FailureReport) -> u8 {
    if report.log_format == logging::Format::Json {
        logging::init(report.log_format, &logging::default_filter());
    }
    let outcome = match &report.announce {
        None => Outcome::Failed(error),
        Some(to) => {
            set_destination(to);
            failed(error)
        }
    };
    outcome.conclude()
}

/// What cannot be used leaves stdout.
fn set_destination(to: &AnnounceTo) {
    match to {
        AnnounceTo::Stdout => {}
        AnnounceTo::File(path) => {
            if let Ok(file) = AnnounceFile::new(path) {
                announce::set_destination(Destination::File(file));
            }
        }
        AnnounceTo::Fd(fd) => {
            let taken = fd::is_open(*fd).then(|| inherited::take("--ready-fd", *fd));
            if let Some(Ok(taken)) = taken {
                announce::set_destination(Destination::Fd(taken, *fd));
            }
        }
    }
}

/// Makes and prints a report, which may load plugins or start processes; returns the exit code.
///
/// Remaining processes are killed at the end.
#[must_use]
pub fn report(make: impl FnOnce() -> String) -> u8 {
    conclude_and_kill(match descendants::adopt() {
        Ok(()) => {
            write(&make());
            Outcome::Done
        }
        Err(error) => Outcome::Failed(error.into()),
    })
}

/// Writes a text and a line feed to stdout.
pub(crate) fn write(text: &str) {
    stdout::write(&format!("{text}\n"));
}

/// Announces an error.
pub(crate) fn failed(error: Error) -> Outcome {
    let is_for_people = matches!(error, Error::Usage(_)) && announce::goes_to_terminal();
    if !is_for_people && let Err(cause) = announce::failure(&error) {
        log::error!("cannot announce the failure: {cause}");
    }
    Outcome::Failed(error)
}

/// Concludes, and kills remaining processes, which may have been started until the end.
pub(crate) fn conclude_and_kill(outcome: Outcome) -> u8 {
    let code = outcome.conclude();
    match descendants::kill() {
        None => code,
        Some(survivors) => {
            logging::write_last(log::Level::Error, &format!("abandoned: {survivors}"));
            if code == 0 { ABANDONED } else { code }
        }
    }
}
