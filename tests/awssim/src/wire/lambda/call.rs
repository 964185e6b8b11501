//! A request, taken apart: names, query and body.

use serde::de::DeserializeOwned;

use crate::wire::Request;
use crate::world::{Answer, AwsError, Region, constraint};

/// What stood in the path, decoded.
pub struct Parameters {
    /// Name or ARN of the function.
    pub function: String,
    /// Alias name or statement id.
    pub extra: String,
}

/// One call of an operation.
pub struct Call<'a> {
    /// Bare name of the function.
    pub function: String,
    /// Alias, version or `$LATEST`, from the name or the query.
    pub qualifier: Option<String>,
    /// Alias name or statement id.
    pub extra: String,
    request: &'a Request,
}

const NAME: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const QUALIFIER: &str = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";

impl<'a> Call<'a> {
    /// Takes a request apart and checks the names in it as AWS's front door does.
    pub fn read(region: &Region, parameters: Parameters, request: &'a Request) -> Answer<Self> {
        let qualifier = request.parameter("Qualifier");
        let qualifier = qualifier.as_deref();
        check_name(&parameters.function)?;
        if let Some(qualifier) = qualifier.filter(|qualifier| !is_qualifier(qualifier)) {
            return Err(constraint(
                qualifier,
                "qualifier",
                &format!("Member must satisfy regular expression pattern: {}", QUALIFIER),
            ));
        }
        let target = region.function_ref(&parameters.function, qualifier)?;
        Ok(Self {
            function: target.name,
            qualifier: target.qualifier,
            extra: parameters.extra,
            request,
        })
    }

    /// The qualifier as the world takes it.
    pub fn qualifier(&self) -> Option<&str> {
        self.qualifier.as_deref()
    }

    /// The qualifier where AWS needs one.
    pub fn required_qualifier(&self) -> Answer<&str> {
        let missing = || {
            let text = "1 validation error detected: Value null at 'qualifier' failed to satisfy constraint: Member must not be null";
            AwsError::new(400, "ValidationException", text)
        };
        self.qualifier().ok_or_else(missing)
    }

    /// A member of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        self.request.parameter(name)
    }

    /// `MaxItems`.
    pub fn max_items(&self) -> Option<usize> {
        self.query("MaxItems")?.parse().ok()
    }

    /// A header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// The body as JSON; an empty one is an empty object.
    pub fn body<T: DeserializeOwned>(&self) -> Answer<T> {
        let body = if self.request.body.is_empty() {
            b"{}"
        } else {
            self.request.body.as_slice()
        };
        serde_json::from_slice(body).map_err(|error| AwsError::new(400, "SerializationException", error.to_string()))
    }

    /// The body as it came.
    pub fn payload(&self) -> &[u8] {
        &self.request.body
    }
}

fn is_qualifier(qualifier: &str) -> bool {
    !qualifier.is_empty() && qualifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte))
        || qualifier == "$LATEST.PUBLISHED"
}

/// AWS-1: form and length of a name or ARN. Paths without a function have an empty one.
fn check_name(given: &str) -> Answer<()> {
    let bare = given.rsplit_once("function:").map_or(given, |(_, rest)| rest);
    let parts: Vec<&str> = bare.split(':').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte));
    if !given.is_empty() && (parts.len() > 2 || !parts.iter().all(word)) {
        return Err(constraint(
            given,
            "functionName",
            &format!("Member must satisfy regular expression pattern: {NAME}"),
        ));
    }
    if parts[0].len() > 64 {
        return Err(constraint(
            given,
            "functionName",
            "Member must have length less than or equal to 64",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_at_most_64_characters_of_the_allowed_ones() {
        assert!(check_name(&"a".repeat(64)).is_ok(), "AWS-1");
        assert!(check_name(&"a".repeat(65)).is_err(), "AWS-1");
        assert!(check_name("fir api").is_err());
        assert!(check_name("arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live").is_ok());
    }
}
