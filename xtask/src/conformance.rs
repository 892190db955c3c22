//! `cargo xtask conformance [PART…] [--quick] [--docs] [--minutes N] [--texts N] [--seed S]`: the worker
//! under what clients and attackers send, beside a plain axum server and the original worker.
//!
//! The part `encoder` compares the JSON encoder with CPython; the others are `tests/conformance`.

mod encoder;
mod packages;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, venv};

const ENCODER: &str = "encoder";

/// The parts in Python.
const PARTS: [&str; 8] =
    ["suite", "raw", "access", "clients", "browser", "attacks", "kept", "soak"];

const AXUM: &str = "universal-worker-conformance-axum";

/// What was asked for.
#[derive(Default)]
struct Request {
    encoder: bool,
    parts: Vec<String>,
    /// Less of everything, with the debug build that the tests use, and nothing to compare with.
    quick: bool,
    docs: bool,
    minutes: Option<String>,
    encoder_args: Vec<String>,
}

/// Installs, builds and runs the parts in `args`, or all.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let request = Request::parse(args)?;
    let workspace = Workspace::load()?;
    let mut all_hold = true;
    if request.encoder {
        println!("## {ENCODER}");
        all_hold &= encoder::run(&workspace, &request.encoder_args)?;
    }
    if !request.parts.is_empty() {
        packages::install(&request.parts_to_equip());
        all_hold &= cargo::status(&mut script(&workspace, &request)?)?.success();
    }
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The program that runs the parts.
fn script(workspace: &Workspace, request: &Request) -> Result<Command, Box<dyn Error>> {
    let folder = workspace.root.join("tests/conformance");
    let work = workspace.target.join("conformance");
    let (dist, axum) = build(workspace, request.quick)?;
    let python = python(&folder, &work, request.quick);
    let mut command = Command::new(python.as_deref().unwrap_or_else(|| "python3".as_ref()));
    command.arg("-B").arg(folder.join("conformance.py")).args(&request.parts);
    command.arg("--dist").arg(dist).arg("--work").arg(work.join("work"));
    if request.quick {
        command.arg("--quick");
    } else {
        command.arg("--axum").arg(axum);
        command.args(python.iter().flat_map(|python| ["--original".as_ref(), python.as_os_str()]));
    }
    if request.docs {
        command.arg("--docs").arg(workspace.root.join("docs"));
    }
    if let Some(minutes) = &request.minutes {
        command.args(["--minutes", minutes]);
    }
    Ok(command)
}

/// The folder of the worker, and the axum server.
fn build(workspace: &Workspace, quick: bool) -> Result<(PathBuf, PathBuf), Box<dyn Error>> {
    if quick {
        return Ok((dist::debug(workspace)?, PathBuf::new()));
    }
    let dist = dist::release(workspace)?;
    let built = cargo::build(&mut cargo::command(["build", "--release", "--package", AXUM]))?;
    Ok((dist, dist::program(&built, AXUM)?.to_owned()))
}

/// A Python with the clients, and the original worker unless it is quick.
fn python(folder: &Path, work: &Path, quick: bool) -> Option<PathBuf> {
    let (requirements, folder_name) =
        if quick { ("requirements.txt", "clients") } else { ("requirements-all.txt", "all") };
    let requirements = folder.join(requirements);
    match venv::with_requirements("python3".as_ref(), &requirements, &work.join(folder_name)) {
        Ok(python) => Some(python),
        Err(why) => {
            println!("without clients from PyPI, and the original worker: {why}");
            None
        }
    }
}

impl Request {
    fn parse(args: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut request = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => request.quick = true,
                "--docs" => request.docs = true,
                "--minutes" => request.minutes = Some(value()?.clone()),
                "--texts" | "--seed" => {
                    request.encoder_args.extend([arg.clone(), value()?.clone()]);
                }
                ENCODER => request.encoder = true,
                part if PARTS.contains(&part) => request.parts.push(arg.clone()),
                _ => {
                    let known = PARTS.join(", ");
                    return Err(
                        format!("unknown part `{arg}`: there are {ENCODER}, {known}").into()
                    );
                }
            }
        }
        if !request.encoder && request.parts.is_empty() {
            request.encoder = true;
            request.parts = PARTS.map(str::to_owned).to_vec();
        }
        Ok(request)
    }

    /// The parts for which packages are installed.
    fn parts_to_equip(&self) -> Vec<&str> {
        // Clients that are not there are skipped, but there is only one browser.
        let equip = |part: &&str| !self.quick || *part == "browser";
        self.parts.iter().map(String::as_str).filter(equip).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Request, Box<dyn Error>> {
        Request::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn without_a_part_all_are_run() {
        let request = parse(&["--quick"]).unwrap();
        assert!(request.encoder && request.quick);
        assert_eq!(request.parts, PARTS);
    }

    #[test]
    fn only_the_named_parts_are_run() {
        let request = parse(&["raw", "--minutes", "20"]).unwrap();
        assert!(!request.encoder);
        assert_eq!(request.parts, ["raw"]);
        assert_eq!(request.minutes.as_deref(), Some("20"));
        let request = parse(&["encoder", "--texts", "5"]).unwrap();
        assert!(request.encoder && request.parts.is_empty());
        assert_eq!(request.encoder_args, ["--texts", "5"]);
    }

    #[test]
    fn an_unknown_part_is_an_error() {
        assert!(parse(&["row"]).is_err());
        assert!(parse(&["--minutes"]).is_err());
    }
}
