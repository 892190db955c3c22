//! `cargo xtask new-plugin NAME --path DIR`: the beginning of a plugin, outside of this repository.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use crate::Outcome;
use crate::workspace::Workspace;

mod name;
mod template;

use name::Name;

/// What was asked for.
struct Order<'a> {
    name: &'a str,
    folder: &'a Path,
}

/// Writes the plugin and says what to type next.
pub(crate) fn run(args: &[String]) -> Outcome {
    let order = Order::read(args)?;
    let name = Name::new(order.name)?;
    let workspace = Workspace::load()?;
    let files = template::files(&name, &workspace)?;
    let folder = env::current_dir()?.join(order.folder);
    template::write(&files, &folder)?;
    println!("{}", next_steps(&name, order.folder, &workspace));
    Ok(ExitCode::SUCCESS)
}

impl<'a> Order<'a> {
    fn read(args: &'a [String]) -> Result<Self, Box<dyn Error>> {
        let (mut name, mut folder) = (None, None);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.split_once('=') {
                _ if arg == "--path" => {
                    folder = Some(args.next().ok_or("`--path` has no folder")?.as_str());
                }
                Some(("--path", path)) => folder = Some(path),
                _ if arg.starts_with('-') => return Err(format!("unknown option `{arg}`").into()),
                _ if name.is_none() => name = Some(arg),
                _ => return Err(format!("unexpected argument `{arg}`").into()),
            }
        }
        let name = name.ok_or("no name: cargo xtask new-plugin NAME --path DIR")?;
        let folder = folder.filter(|folder| !folder.is_empty());
        let folder = folder.ok_or_else(|| {
            format!("no folder: cargo xtask new-plugin {name} --path DIR, which is made")
        })?;
        Ok(Self { name, folder: Path::new(folder) })
    }
}

fn next_steps(name: &Name, folder: &Path, workspace: &Workspace) -> String {
    let library = name.library();
    let dists = ["dist", "dist-debug"].map(|dist| workspace.target.join(dist));
    let built = dists.iter().map(|dist| dist.join("universal-worker")).find(|it| it.exists());
    let (worker, hint) = match built {
        Some(worker) => (quoted(&worker), ""),
        None => ("universal-worker".to_owned(), "\n\n`cargo xtask build` makes that worker."),
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

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+~".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<(String, String), String> {
        let args: Vec<_> = args.iter().map(ToString::to_string).collect();
        let order = Order::read(&args).map_err(|error| error.to_string())?;
        Ok((order.name.to_owned(), order.folder.display().to_string()))
    }

    #[test]
    fn a_name_and_a_folder_are_needed() {
        let expected = Ok(("a".to_owned(), "b/c".to_owned()));
        assert_eq!(read(&["a", "--path", "b/c"]), expected);
        assert_eq!(read(&["--path=b/c", "a"]), expected);
        for (args, told) in [
            (&[][..], "no name"),
            (&["a"], "no folder: cargo xtask new-plugin a --path DIR"),
            (&["a", "--path"], "`--path` has no folder"),
            (&["a", "--path", ""], "no folder"),
            (&["a", "b", "--path", "c"], "unexpected argument `b`"),
            (&["a", "--pth", "c"], "unknown option `--pth`"),
        ] {
            let error = read(args).unwrap_err();
            assert!(error.contains(told), "{args:?}: {error}");
        }
    }

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(quoted(Path::new("../my-plugin")), "../my-plugin");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
