//! `cargo xtask abi [--keep]`: builds plugins and a worker with other interfaces or in other ways.
//!
//! The interface tests load each of them.
//! Another interface is a copy of the sources with a few edits, below `target/abi`.

mod rows;
mod tree;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use crate::abi::rows::{BUILDS, Build, Compiler, PROBE, Product};
use crate::cargo::Artifact;
use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist};

/// The variable that tells the tests where the results are.
pub(crate) const DIR: &str = "UNIVERSAL_WORKER_TEST_ABI";

/// Builds what the tests load, or with `--keep` the plugin to keep, and prints the folder.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let workspace = Workspace::load()?;
    let dir = match args {
        [] => build(&workspace)?,
        [flag] if flag == "--keep" => {
            let dir = workspace.target.join("abi");
            build_one(&workspace.root, &dir, &rows::KEPT)?;
            dir
        }
        _ => return Err("the only argument is `--keep`".into()),
    };
    println!("{}", dir.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds everything that the tests load, unless it is fresh.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let dir = workspace.target.join("abi");
    for build in BUILDS {
        build_one(&workspace.root, &dir, build)?;
    }
    Ok(dir)
}

/// Puts the products of one build into `dir`, or notes why they were skipped.
fn build_one(root: &Path, dir: &Path, build: &Build) -> Result<(), Box<dyn Error>> {
    let cargo = match cargo(build.compiler) {
        Ok(cargo) => cargo,
        Err(why) => {
            let note =
                |product: &Product| fs::write(dir.join(format!("{}.skipped", product.name)), &why);
            println!("skipped {}: {why}", build.description);
            return Ok(build.products.iter().try_for_each(note)?);
        }
    };
    println!("building {}", build.description);
    let tree = dir.join("trees").join(build.tree.name);
    let with_name = |error| format!("{}: {error}", build.description);
    tree::write(root, &tree, build).map_err(with_name)?;
    let artifacts = cargo::build(&mut command(cargo, &tree, dir, build)).map_err(with_name)?;
    for product in build.products {
        let name = dir.join(product.file());
        dist::put(file(&artifacts, product)?, &name)?;
        let _ = fs::remove_file(dir.join(format!("{}.skipped", product.name)));
    }
    Ok(())
}

fn command(mut cargo: Command, tree: &Path, dir: &Path, build: &Build) -> Command {
    cargo.args(["build", "--quiet", "--profile", build.profile, "--manifest-path"]);
    cargo.arg(tree.join("Cargo.toml")).arg("--target-dir").arg(dir.join("cargo"));
    if build.profile == rows::KEPT.profile {
        // The kept file must not contain paths of the machine that built it.
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
        cargo.env("CARGO_ENCODED_RUSTFLAGS", format!("--remap-path-prefix={}=", home.display()));
    }
    build.products.iter().for_each(|product| {
        cargo.arg("--package").arg(product.package());
    });
    cargo
}

fn file<'a>(artifacts: &'a [Artifact], product: &Product) -> Result<&'a Path, Box<dyn Error>> {
    if product.is_worker() {
        dist::program(artifacts, dist::WORKER)
    } else {
        dist::library(artifacts, &product.package())
    }
}

/// The cargo of a compiler, or why it is not available.
fn cargo(compiler: Compiler) -> Result<Command, String> {
    let Compiler::FirstOf(names) = compiler else { return Ok(cargo::command([])) };
    let installed = |name: &&&str| {
        let mut version = rustup(name, "rustc");
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let name = names.iter().find(installed);
    let name = name.ok_or_else(|| "no other compiler is installed".to_owned())?;
    Ok(rustup(name, "cargo"))
}

/// A program of another toolchain, without the variables that the current cargo has set.
fn rustup(toolchain: &str, program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, program]);
    let is_cargos = |name: &str| name.starts_with("CARGO") || name.starts_with("RUST");
    let kept = ["CARGO_HOME", "RUSTUP_HOME", "CARGO_NET_OFFLINE"];
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| is_cargos(name) && !kept.contains(&name)) {
            command.env_remove(name);
        }
    }
    command
}

impl Product {
    /// The name of its file among the results.
    fn file(&self) -> String {
        if self.is_worker() { self.name.to_owned() } else { format!("{}.so", self.name) }
    }

    /// The package that it is built from.
    ///
    /// Each plugin has a package of its own, because cargo would write two builds of one library to
    /// the same file.
    fn package(&self) -> String {
        if self.is_worker() { dist::WORKER.to_owned() } else { format!("{PROBE}-{}", self.name) }
    }

    fn is_worker(&self) -> bool {
        self.name == rows::LATER_WORKER
    }
}
