//! Building an answer.

use serde::Serialize;

use super::Response;

impl Response {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A JSON body. What cannot be written as JSON (no type here) becomes an empty body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self::bytes(status, "application/json", serde_json::to_vec(body).unwrap_or_default())
    }

    /// An XML body.
    pub fn xml(status: u16, body: &str) -> Self {
        Self::bytes(status, "text/xml", body.as_bytes().to_vec())
    }

    /// A body of that content type.
    pub fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body,
        }
    }

    /// The same with one more header; the name in lower case.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The code of an error answer in any protocol that names it outside the body, or in JSON; `None` on success.
    pub fn error_code(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let from_header = self.header("x-amzn-errortype").or_else(|| self.header("x-amzn-query-error"));
        let code = from_header.map(|value| value.split([':', ';']).next().unwrap_or(value).to_owned());
        code.or_else(|| {
            Some(
                serde_json::from_slice::<serde_json::Value>(&self.body)
                    .ok()?
                    .get("__type")?
                    .as_str()?
                    .to_owned(),
            )
        })
    }
}
