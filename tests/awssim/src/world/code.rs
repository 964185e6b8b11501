//! The code of a function: bytes that say how the simulated function behaves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Millis;

/// The bytes of a deployment package, or the URI of an image.
///
/// The text anywhere in them steers the simulated function, also inside a zip whose member is stored uncompressed:
/// `init: fail` (it never initialises), `init: fail-provisioned` (only while being kept warm), `init: 800ms`, `duration: 250ms`,
/// `handler: fail` (every call fails), `poison: TEXT` (batches of an event source fail that have a record whose data contains that word).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Code {
    /// Written by hand in a world file.
    Text(String),
    /// A deployment package as it was uploaded.
    Base64(String),
    /// URI of a container image.
    Image(String),
}

impl Default for Code {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl From<&str> for Code {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&[u8]> for Code {
    /// Readable bytes stay readable in a dump of the world.
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Self::Text(text.into()),
            _ => Self::Base64(STANDARD.encode(bytes)),
        }
    }
}

impl Code {
    /// The bytes themselves.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) | Self::Image(text) => text.clone().into_bytes(),
            Self::Base64(encoded) => STANDARD.decode(encoded).unwrap_or_else(|_| encoded.clone().into_bytes()),
        }
    }

    /// `CodeSha256` as AWS gives it: base64 of the SHA-256 of the bytes, and for an image its digest in hexadecimal.
    pub fn sha256(&self) -> String {
        let digest = Sha256::digest(self.bytes());
        match self {
            Self::Image(_) => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Text(_) | Self::Base64(_) => STANDARD.encode(digest),
        }
    }

    /// Whether an on-demand environment cannot initialise.
    pub fn fails_on_demand(&self) -> bool {
        self.after("init: ")
            .is_some_and(|rest| rest.starts_with("fail") && !rest.starts_with("fail-provisioned"))
    }

    /// Whether an environment that is to be kept warm cannot initialise (AWS-27).
    pub fn fails_to_warm(&self) -> bool {
        self.after("init: ").is_some_and(|rest| rest.starts_with("fail"))
    }

    /// Milliseconds of a cold start, when the code says so.
    pub fn init_ms(&self) -> Option<Millis> {
        millis(&self.after("init: ")?)
    }

    /// Milliseconds that a request takes, when the code says so.
    pub fn duration_ms(&self) -> Option<Millis> {
        millis(&self.after("duration: ")?)
    }

    /// Whether every call ends with an error of the function.
    pub fn fails_each_call(&self) -> bool {
        self.after("handler: ").is_some_and(|rest| rest.starts_with("fail"))
    }

    /// The word that batches must not contain, when the code says so.
    pub fn poison(&self) -> Option<String> {
        let rest = self.after("poison: ")?;
        let word: String = rest.chars().take_while(|c| !c.is_whitespace() && !c.is_control()).collect();
        (!word.is_empty()).then_some(word)
    }

    fn after(&self, mark: &str) -> Option<String> {
        let bytes = self.bytes();
        let start = bytes.windows(mark.len()).position(|window| window == mark.as_bytes())? + mark.len();
        let end = bytes.len().min(start + 64);
        Some(String::from_utf8_lossy(&bytes[start..end]).into_owned())
    }
}

fn millis(text: &str) -> Option<Millis> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    text[digits.len()..].starts_with("ms").then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_base64_sha256_of_the_bytes() {
        assert_eq!(Code::from("").sha256(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(Code::Text("a".into()).sha256(), Code::Base64("YQ==".into()).sha256());
    }

    #[test]
    fn text_inside_a_stored_zip_member_steers_the_function() {
        let mut zip = b"PK\x03\x04\0\0handler.py".to_vec();
        zip.extend_from_slice(b"init: fail\nduration: 250ms\n\xff");
        let code = Code::from(zip.as_slice());
        assert!(matches!(code, Code::Base64(_)));
        assert!(code.fails_to_warm() && code.fails_on_demand());
        assert_eq!(code.duration_ms(), Some(250));
    }

    #[test]
    fn code_may_fail_on_every_call_or_on_a_word() {
        let code = Code::from("handler: fail");
        assert!(code.fails_each_call() && !code.fails_on_demand());
        assert_eq!(
            Code::from("duration: 5ms\npoison: bad-order\n").poison().as_deref(),
            Some("bad-order")
        );
        assert_eq!(Code::from("v1").poison(), None);
    }

    #[test]
    fn code_may_fail_only_while_being_kept_warm() {
        let code = Code::from("init: fail-provisioned");
        assert!(code.fails_to_warm() && !code.fails_on_demand());
        assert_eq!(Code::from("init: 800ms").init_ms(), Some(800));
        assert!(!Code::from("init: 800ms").fails_to_warm());
    }
}
