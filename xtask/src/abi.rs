//! `cargo xtask abi [--keep]`: plugins and a worker that are built against other interfaces, or in other ways.
//!
//! The tests of the interface load each of these. What another interface is made of is a copy of the sources with
//! a few edits, below `target/abi`; cargo itself knows there what is still fresh.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use crate::cargo::{self, Artifact};
use crate::workspace::Workspace;
use crate::{Outcome, dist};

mod rows;
mod tree;

use rows::{BUILDS, Build, Compiler, Made, PROBE};

/// Tells the tests where all this is.
pub(crate) const DIR: &str = "UNIVERSAL_WORKER_TEST_ABI";

/// Builds all that the tests load and says where it is; with `--keep` instead the plugin that is kept for ever.
pub(crate) fn run(args: &[String]) -> Outcome {
    let workspace = Workspace::load()?;
    let dir = match args {
        [] => build(&workspace)?,
        [flag] if flag == "--keep" => {
            let dir = workspace.target.join("abi");
            one(&workspace.root, &dir, &rows::KEPT)?;
            dir
        }
        _ => return Err("the only argument is `--keep`".into()),
    };
    println!("{}", dir.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds all that the tests load, as far as it is not fresh.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let dir = workspace.target.join("abi");
    for build in BUILDS {
        one(&workspace.root, &dir, build)?;
    }
    Ok(dir)
}

/// Carries out one build and puts what it made, or why it could not be made here, into `dir`.
fn one(root: &Path, dir: &Path, build: &Build) -> Result<(), Box<dyn Error>> {
    let cargo = match cargo(build.compiler) {
        Ok(cargo) => cargo,
        Err(why) => {
            let note = |made: &Made| fs::write(dir.join(format!("{}.skipped", made.name)), &why);
            println!("skipped {}: {why}", build.what);
            return Ok(build.made.iter().try_for_each(note)?);
        }
    };
    println!("building {}", build.what);
    let tree = dir.join("trees").join(build.tree.name);
    let told = |error| format!("{}: {error}", build.what);
    tree::write(root, &tree, build).map_err(told)?;
    let artifacts = cargo::build(&mut command(cargo, &tree, dir, build)).map_err(told)?;
    for made in build.made {
        let name = dir.join(made.file());
        dist::put(file(&artifacts, made)?, &name)?;
        let _ = fs::remove_file(dir.join(format!("{}.skipped", made.name)));
    }
    Ok(())
}

fn command(mut cargo: Command, tree: &Path, dir: &Path, build: &Build) -> Command {
    cargo.args(["build", "--quiet", "--profile", build.profile, "--manifest-path"]);
    cargo.arg(tree.join("Cargo.toml")).arg("--target-dir").arg(dir.join("cargo"));
    if build.profile == rows::KEPT.profile {
        // What is kept tells nothing of the machine that built it.
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
        cargo.env("CARGO_ENCODED_RUSTFLAGS", format!("--remap-path-prefix={}=", home.display()));
    }
    build.made.iter().for_each(|made| {
        cargo.arg("--package").arg(made.package());
    });
    cargo
}

fn file<'a>(artifacts: &'a [Artifact], made: &Made) -> Result<&'a Path, Box<dyn Error>> {
    if made.is_worker() {
        dist::program(artifacts, dist::WORKER)
    } else {
        dist::library(artifacts, &made.package())
    }
}

/// The cargo of a compiler, or why there is none.
fn cargo(compiler: Compiler) -> Result<Command, String> {
    let Compiler::Other(names) = compiler else { return Ok(cargo::command([])) };
    let installed = |name: &&&str| {
        let mut asked = rustup(name, "rustc");
        asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    };
    let name = names.iter().find(installed);
    let name = name.ok_or_else(|| "no other compiler is installed".to_owned())?;
    Ok(rustup(name, "cargo"))
}

/// A program of another toolchain, which must not see what the cargo that runs us told of its own.
fn rustup(toolchain: &str, program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, program]);
    let ours = |name: &str| name.starts_with("CARGO") || name.starts_with("RUST");
    let kept = ["CARGO_HOME", "RUSTUP_HOME", "CARGO_NET_OFFLINE"];
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| ours(name) && !kept.contains(&name)) {
            command.env_remove(name);
        }
    }
    command
}

impl Made {
    /// What it is called among the results.
    fn file(&self) -> String {
        if self.is_worker() { self.name.to_owned() } else { format!("{}.so", self.name) }
    }

    /// The package that makes it; a plugin has a copy of its own, since cargo would write two builds of one
    /// library to one file, and take either for fresh.
    fn package(&self) -> String {
        if self.is_worker() { dist::WORKER.to_owned() } else { format!("{PROBE}-{}", self.name) }
    }

    fn is_worker(&self) -> bool {
        self.name == rows::LATER_WORKER
    }
}
