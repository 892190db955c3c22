//! Checks a file's digest.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::elf;
use crate::error::LoadError;

/// The SHA-256 of a file (FIPS 180-4), as 64 lower-case hex digits.
///
/// # Errors
/// If the path is not a file that can be read.
pub fn sha256(file: &Path) -> Result<String, LoadError> {
    let (mut opened, _) = elf::open(file)?;
    let unreadable = |source| LoadError::Unreadable { file: file.to_owned(), source };
    let mut hash = Sha256::new();
    io::copy(&mut opened, &mut hash).map_err(unreadable)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Checks that a file has the SHA-256 `expected`, in hex digits of either case.
///
/// This protects against the wrong file, but not against an attacker with write access, who can
/// replace the file between the check and the load.
///
/// # Errors
/// If the digest differs, or the file cannot be read.
pub fn check_sha256(file: &Path, expected: &str) -> Result<(), LoadError> {
    let actual = sha256(file)?;
    if actual.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(LoadError::DigestMismatch { file: file.to_owned(), actual })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_must_have_the_expected_digest() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("libx.so");
        fs::write(&file, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).unwrap(), digest);
        assert!(check_sha256(&file, &digest.to_uppercase()).is_ok());
        let other = check_sha256(&file, &"0".repeat(64)).unwrap_err();
        assert!(other.to_string().ends_with(&format!("its SHA-256 is {digest}")), "{other}");
        assert!(matches!(sha256(dir.path()), Err(LoadError::IsDirectory(_))));
    }
}
