use std::env::consts::DLL_PREFIX;
use std::fs;

use super::*;
use crate::folders::tests::folders;

#[track_caller]
fn library(module: &str, folders: &PluginFolders) -> PathBuf {
    match resolve(module, folders).unwrap() {
        Module::Library(file) => file,
        other => panic!("{module}: {other:?}"),
    }
}

#[track_caller]
fn python(module: &str, folders: &PluginFolders) -> PythonModule {
    match resolve(module, folders).unwrap() {
        Module::Python(module) => module,
        other => panic!("{module}: {other:?}"),
    }
}

#[track_caller]
fn file(module: PythonModule) -> PathBuf {
    let PythonModule::File(file) = module else { panic!("{module:?}") };
    assert!(file.is_absolute(), "{file:?}");
    file
}

#[test]
fn every_spelling_of_a_name_finds_the_first_folder_with_it() {
    let (dir, folders) = folders();
    let check = |name: &str, folder: &str, file: &str| {
        let expected = dir.path().join(folder).join(format!("{DLL_PREFIX}{file}{DLL_SUFFIX}"));
        assert_eq!(library(name, &folders), expected, "{name}");
    };
    for name in ["voice-activity", "voice_activity"] {
        check(name, "one", "voice_activity");
        check(&format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"), "one", "voice_activity");
    }
    check("hello", "two", "hello");
    check("liberator", "one", "liberator");
}

#[test]
fn a_module_with_a_slash_is_a_path() {
    let (_dir, folders) = folders();
    for module in ["./hello", "/opt/libhello.so"] {
        assert_eq!(library(module, &folders), Path::new(module));
    }
}

#[test]
fn an_unknown_name_lists_the_folders_and_a_suggestion() {
    let (dir, folders) = folders();
    let error = resolve("voice-activty", &folders).unwrap_err();
    let LoadError::NoSuchPlugin { searched, .. } = &error else { panic!("{error}") };
    // Not the message, which may cut the path of the temporary folder.
    let searched = searched.replace(dir.path().to_str().unwrap(), "DIR");
    assert_eq!(searched, "DIR/one, DIR/nope (no such folder), DIR/two");
    assert!(error.to_string().starts_with("there is no plugin 'voice-activty' in "));
    assert_eq!(error.hint(), "did you mean 'voice-activity'?");
    assert!(resolve("an-other", &folders).unwrap_err().hint().contains("--plugin-dir"));
}

#[test]
fn a_name_twice_in_one_folder_is_ambiguous() {
    let (dir, folders) = folders();
    let twin = dir.path().join("two").join(format!("{DLL_PREFIX}hel-lo{DLL_SUFFIX}"));
    fs::write(&twin, "").unwrap();
    fs::write(twin.with_file_name(format!("{DLL_PREFIX}hel_lo{DLL_SUFFIX}")), "").unwrap();
    let error = resolve("hel-lo", &folders).unwrap_err();
    let LoadError::AmbiguousName { files, .. } = &error else { panic!("{error}") };
    assert_eq!(*files, ["libhel-lo.so", "libhel_lo.so"]);
    assert_eq!(error.hint(), "give the path of one of them");
    // A name in two folders is not.
    assert!(resolve("voice-activity", &folders).is_ok());
}

#[test]
fn a_python_file_or_package_is_a_path_or_a_name_in_the_folders() {
    let (dir, folders) = folders();
    let two = dir.path().join("two");
    fs::write(two.join("my_tool.py"), "").unwrap();
    fs::write(two.join("hello.py"), "").unwrap();
    fs::create_dir(two.join("pack")).unwrap();
    fs::write(two.join("pack/__init__.py"), "").unwrap();
    for name in ["my_tool", "my-tool", "my_tool.py"] {
        assert_eq!(file(python(name, &folders)), two.join("my_tool.py"), "{name}");
    }
    assert_eq!(file(python("pack", &folders)), two.join("pack"));
    for path in [two.join("my_tool.py"), two.join("pack")] {
        assert_eq!(file(python(path.to_str().unwrap(), &folders)), path);
    }
    // A library wins, unless the module is Python's.
    assert!(library("hello", &folders).ends_with("libhello.so"));
    assert_eq!(file(resolve_python("hello", &folders).unwrap()), two.join("hello.py"));
    let gone = two.join("my_tol.py");
    let error = resolve(gone.to_str().unwrap(), &folders).unwrap_err();
    assert_eq!(error.hint(), "did you mean 'my_tool.py'?");
}

#[test]
fn any_other_dotted_name_is_a_module_of_pythons() {
    let (_dir, folders) = folders();
    for name in ["my_package.module", "helo", "größe"] {
        let PythonModule::Name(Some(not_found)) = python(name, &folders) else { panic!("{name}") };
        assert_eq!(not_found.name, name);
        assert!(matches!(resolve_python(name, &folders), Ok(PythonModule::Name(None))));
    }
    for name in ["voice-activty", "libhelo.so", "helo.py", "a..b", "1a"] {
        for error in [
            resolve(name, &folders).map(drop).unwrap_err(),
            resolve_python(name, &folders).map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, LoadError::NoSuchPlugin { .. }), "{name}: {error}");
        }
    }
}

#[test]
fn a_name_that_no_interpreter_can_look_for_has_an_error_with_both_places() {
    let (dir, folders) = folders();
    let PythonModule::Name(Some(not_found)) = python("helo", &folders) else { panic!() };
    let context = not_found.context().replace(dir.path().to_str().unwrap(), "DIR");
    assert_eq!(context, "DIR/one, DIR/nope (no such folder), DIR/two\nhello");
    let folders = PluginFolders(vec!["/no/such/folder".into()]);
    let PythonModule::Name(Some(not_found)) = python("helo", &folders) else { panic!() };
    let error = not_found.without_python("PATH is empty");
    let expected = "there is no plugin 'helo' in /no/such/folder (no such folder), and no Python: \
                    PATH is empty";
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().contains("--python"));
}

#[test]
fn a_path_that_cannot_be_pythons_is_refused_if_it_has_to_be() {
    let (dir, folders) = folders();
    let path = dir.path().join("one");
    for path in [path.join("notes.txt"), path] {
        let error = resolve_python(path.to_str().unwrap(), &folders).map(drop).unwrap_err();
        assert!(matches!(error, LoadError::NotPython(_)), "{error}");
    }
}
