//! Reading a request: headers, path, query, and who sent it.

use percent_encoding::percent_decode_str;

use super::{Caller, Request};
use crate::world::AwsError;

/// The account of an access key that is not itself an account number.
pub const DEFAULT_ACCOUNT: &str = "111122223333";

impl Request {
    /// A request with a body and without headers; tests and the control plane build theirs from it.
    pub fn new(method: &str, target: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// The same with one more header; the name in lower case.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same, signed for a service as the SDKs do it, without a valid signature.
    #[must_use]
    pub fn signed(self, account: &str, region: &str, service: &str) -> Self {
        let scope = format!("{account}/20260101/{region}/{service}/aws4_request");
        self.with(
            "authorization",
            &format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
    }

    /// The first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The path's segments, decoded, without empty ones.
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The first value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl Caller {
    /// Reads the credential scope of the SigV4 `Authorization` header.
    ///
    /// # Errors
    /// AWS's own 403 when the header is missing or has no scope.
    pub fn of(request: &Request) -> Result<Self, AwsError> {
        let header = request
            .header("authorization")
            .ok_or_else(|| denied("MissingAuthenticationTokenException", "Missing Authentication Token"))?;
        let incomplete = || {
            denied(
                "IncompleteSignatureException",
                "Authorization header requires 'Credential' parameter.",
            )
        };
        let (_, rest) = header.split_once("Credential=").ok_or_else(incomplete)?;
        let scope = rest.split(',').next().unwrap_or_default().trim();
        // The key itself may hold slashes; date, region, service and the terminator are the last four parts.
        let mut parts = scope.rsplitn(5, '/');
        let (_, service, region, _, key) = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (service, region, key) = (
            service.ok_or_else(incomplete)?,
            region.ok_or_else(incomplete)?,
            key.ok_or_else(incomplete)?,
        );
        let is_account = key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit());
        let account = if is_account { key } else { DEFAULT_ACCOUNT };
        Ok(Self {
            account: account.into(),
            region: region.into(),
            service: service.into(),
        })
    }
}

fn denied(code: &str, message: &str) -> AwsError {
    AwsError::new(403, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_of_twelve_digits_is_the_account() {
        let caller = Caller::of(&Request::new("GET", "/", "").signed("444455556666", "eu-central-1", "lambda")).unwrap();
        assert_eq!(
            (caller.account.as_str(), caller.region.as_str(), caller.service.as_str()),
            ("444455556666", "eu-central-1", "lambda")
        );
    }

    #[test]
    fn any_other_access_key_belongs_to_the_default_account() {
        let caller = Caller::of(&Request::new("GET", "/", "").signed("AKIAIOSFODNN7EXAMPLE", "eu-west-1", "sts")).unwrap();
        assert_eq!(caller.account, DEFAULT_ACCOUNT);
    }

    #[test]
    fn an_unsigned_request_is_refused_as_aws_refuses_it() {
        assert_eq!(
            Caller::of(&Request::new("GET", "/", "")).unwrap_err().code,
            "MissingAuthenticationTokenException"
        );
    }

    #[test]
    fn path_segments_and_parameters_are_decoded() {
        let request = Request::new("GET", "/a/arn%3Aaws%3Ax//b?Qualifier=%24LATEST", "");
        assert_eq!(request.segments(), ["a", "arn:aws:x", "b"]);
        assert_eq!(request.parameter("Qualifier").as_deref(), Some("$LATEST"));
    }
}
