//! `cargo xtask new-plugin NAME --path DIR`: creates a plugin outside of this repository.

mod name;
mod template;

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use crate::TaskResult;
use crate::new_plugin::name::Name;
use crate::workspace::Workspace;

struct Args<'a> {
    name: &'a str,
    folder: &'a Path,
}

/// Writes the plugin and prints the next steps.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let args = Args::parse(args)?;
    let name = Name::new(args.name)?;
    let workspace = Workspace::load()?;
    let files = template::files(&name, &workspace)?;
    let folder = env::current_dir()?.join(args.folder);
    template::write(&files, &folder)?;
    println!("{}", next_steps(&name, args.folder, &workspace));
    Ok(ExitCode::SUCCESS)
}

impl<'a> Args<'a> {
    fn parse(args: &'a [String]) -> Result<Self, Box<dyn Error>> {
        let (mut name, mut folder) = (None, None);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.split_once('=') {
                _ if arg == "--path" => {
                    folder = Some(args.next().ok_or("`--path` needs a folder")?.as_str());
                }
                Some(("--path", path)) => folder = Some(path),
                _ if arg.starts_with('-') => return Err(format!("unknown option `{arg}`").into()),
                _ if name.is_none() => name = Some(arg),
                _ => return Err(format!("unexpected argument `{arg}`").into()),
            }
        }
        let name = name.ok_or("missing name: cargo xtask new-plugin NAME --path DIR")?;
        let folder = folder.filter(|folder| !folder.is_empty());
        let folder = folder.ok_or_else(|| {
            format!("missing folder: cargo xtask new-plugin {name} --path DIR creates it")
        })?;
        Ok(Self { name, folder: Path::new(folder) })
    }
}

fn next_steps(name: &Name, folder: &Path, workspace: &Workspace) -> String {
    let library = name.library();
    let dists = ["dist", "dist-debug"].map(|dist| workspace.target.join(dist));
    let built =
        dists.iter().map(|dist| dist.join("universal-worker")).find(|worker| worker.exists());
    let (worker, hint) = match built {
        Some(worker) => (quoted(&worker), ""),
        None => ("universal-worker".to_owned(), "\n\n`cargo xtask build` builds the worker."),
    };
    format!(
        "{} is in {}; next:\n
    cd {} && cargo test
    cargo build --release
    {worker} --module target/release/lib{library}.so --check{hint}",
        name.package(),
        folder.display(),
        quoted(folder),
    )
}

/// A path, quoted for a shell if necessary.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+~".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<(String, String), String> {
        let args: Vec<_> = args.iter().map(ToString::to_string).collect();
        let args = Args::parse(&args).map_err(|error| error.to_string())?;
        Ok((args.name.to_owned(), args.folder.display().to_string()))
    }

    #[test]
    fn a_name_and_a_folder_are_required() {
        let expected = Ok(("a".to_owned(), "b/c".to_owned()));
        assert_eq!(parse(&["a", "--path", "b/c"]), expected);
        assert_eq!(parse(&["--path=b/c", "a"]), expected);
        for (args, message) in [
            (&[][..], "missing name"),
            (&["a"], "missing folder: cargo xtask new-plugin a --path DIR"),
            (&["a", "--path"], "`--path` needs a folder"),
            (&["a", "--path", ""], "missing folder"),
            (&["a", "b", "--path", "c"], "unexpected argument `b`"),
            (&["a", "--pth", "c"], "unknown option `--pth`"),
        ] {
            let error = parse(args).unwrap_err();
            assert!(error.contains(message), "{args:?}: {error}");
        }
    }

    #[test]
    fn a_path_is_quoted_if_a_shell_would_split_it() {
        assert_eq!(quoted(Path::new("../my-plugin")), "../my-plugin");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
