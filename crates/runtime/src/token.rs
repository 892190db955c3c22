//! The token that clients need.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::{fmt, io};

use crate::error::Error;

/// The token that clients need, from an option or variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The option or variable that it comes from, for messages.
    pub option: String,
    /// The token, or the file that contains it.
    pub content: TokenContent,
}

/// The content of a [`Token`].
#[derive(Clone, PartialEq, Eq)]
pub enum TokenContent {
    /// The token itself.
    Text(String),
    /// A file that contains it, perhaps with a line feed at its end.
    File(PathBuf),
}

/// A token is a key or a password; a larger file is another one.
const MAX_LENGTH: usize = 4096;

/// Read permission for everyone (chmod(2)).
const READ_BY_OTHERS: u32 = 0o004;

/// A token that was read, and what is doubtful about it.
pub(crate) struct ReadToken {
    pub(crate) text: String,
    pub(crate) warning: Option<String>,
}

impl Token {
    /// Reads and checks the token.
    pub(crate) fn read(&self) -> Result<ReadToken, Error> {
        let option = &self.option;
        let (text, warning) = match &self.content {
            TokenContent::Text(text) => (text.clone().into_bytes(), None),
            TokenContent::File(path) => {
                let shown = path.display();
                let (text, mode) = read_file(path).map_err(|error| {
                    Error::usage(format!("{option}: cannot read {shown}: {error}"))
                })?;
                let is_open = mode & READ_BY_OTHERS != 0;
                let warning = format!("{option}: every user can read {shown} (chmod o-r)");
                (text, is_open.then_some(warning))
            }
        };
        let wrong = |why: &str| Error::usage(format!("{option}: {why}"));
        let text = text.strip_suffix(b"\n").unwrap_or(&text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return Err(wrong("the token is empty"));
        }
        if text.len() > MAX_LENGTH {
            return Err(wrong(&format!("the token has more than {MAX_LENGTH} characters")));
        }
        // What a header can carry (RFC 9110), without spaces.
        if !text.iter().all(u8::is_ascii_graphic) {
            return Err(wrong("the token may only have printable ASCII characters, and no spaces"));
        }
        Ok(ReadToken { text: String::from_utf8_lossy(text).into_owned(), warning })
    }
}

/// The content of a file, as far as it may be a token, and its mode.
fn read_file(path: &PathBuf) -> io::Result<(Vec<u8>, u32)> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    let mut text = Vec::new();
    // With room for the end of a line.
    file.take(MAX_LENGTH as u64 + 3).read_to_end(&mut text)?;
    Ok((text, mode))
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("option", &self.option)
            .field("content", &self.content)
            .finish()
    }
}

/// Shows no token, so that none gets into a log.
impl fmt::Debug for TokenContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn text(text: &str) -> Token {
        Token { option: "VARIABLE".to_owned(), content: TokenContent::Text(text.to_owned()) }
    }

    #[track_caller]
    fn refused(token: &Token, expected: &str) {
        let Err(error) = token.read() else { panic!("{token:?} is read") };
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_token_is_one_word_of_printable_characters() {
        assert_eq!(text("s3cret~+/=").read().unwrap().text, "s3cret~+/=");
        for (token, expected) in [
            ("", "VARIABLE: the token is empty"),
            ("\n", "is empty"),
            ("two words", "printable ASCII"),
            ("ümlaut", "printable ASCII"),
            ("a\nb", "printable ASCII"),
            (&"x".repeat(MAX_LENGTH + 1), "more than 4096"),
        ] {
            refused(&text(token), expected);
        }
    }

    #[test]
    fn a_file_may_end_in_a_line_feed_and_should_be_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let token =
            Token { option: "--token-file".to_owned(), content: TokenContent::File(path.clone()) };
        refused(&token, "--token-file: cannot read /");
        for (content, mode, is_open) in
            [("secret", 0o600, false), ("secret\n", 0o640, false), ("secret\r\n", 0o644, true)]
        {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let read = token.read().unwrap();
            assert_eq!((&*read.text, read.warning.is_some()), ("secret", is_open));
        }
        fs::write(&path, "x".repeat(1 << 20)).unwrap();
        refused(&token, "more than 4096");
    }

    #[test]
    fn a_token_is_not_shown() {
        assert!(!format!("{:?}", text("s3cret")).contains("s3cret"));
    }
}
