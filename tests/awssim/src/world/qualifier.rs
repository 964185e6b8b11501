//! Which function, and which version or alias of it, a caller means (AWS-1).

use super::{Answer, AwsError, Region};

/// The name of the unpublished version.
pub const LATEST: &str = "$LATEST";

/// The partition that a region belongs to.
pub fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Whether a qualifier is the number of a version.
pub fn is_number(qualifier: &str) -> bool {
    !qualifier.is_empty() && qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a qualifier can be the name of an alias (AWS-13).
pub fn is_alias_name(name: &str) -> bool {
    !is_number(name)
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A function's bare name and the qualifier that stood with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionRef {
    /// Bare name.
    pub name: String,
    /// Alias, version number or `$LATEST`; absent for the function itself.
    pub qualifier: Option<String>,
}

impl Region {
    /// The ARN of a function, qualified when a qualifier is given.
    pub fn function_arn(&self, name: &str, qualifier: Option<&str>) -> String {
        let arn = format!(
            "arn:{}:lambda:{}:{}:function:{name}",
            partition(&self.region),
            self.region,
            self.account
        );
        match qualifier {
            Some(qualifier) => format!("{arn}:{qualifier}"),
            None => arn,
        }
    }

    /// Takes a bare name, `name:qualifier`, a partial or a full ARN apart (AWS-1).
    ///
    /// Fails when the qualifier in it is not the one given beside it, or when an ARN is of another region.
    pub fn function_ref(&self, given: &str, qualifier: Option<&str>) -> Answer<FunctionRef> {
        let parts: Vec<&str> = given.split(':').collect();
        let (name, derived) = match parts.as_slice() {
            ["arn", _, "lambda", region, _, "function", rest @ ..] if !rest.is_empty() => {
                if *region != self.region {
                    let text = format!("Functions from '{region}' are not reachable in this region ('{}')", self.region);
                    return Err(AwsError::new(404, "ResourceNotFoundException", text));
                }
                (rest[0], rest.get(1))
            }
            [account, "function", name, rest @ ..] if is_number(account) => (*name, rest.first()),
            [name, rest @ ..] => (*name, rest.first()),
            [] => ("", None),
        };
        let derived = derived.map(|q| (*q).to_owned());
        if let (Some(derived), Some(qualifier)) = (&derived, qualifier)
            && derived != qualifier
        {
            let text = "The derived qualifier from the function name does not match the specified qualifier.";
            return Err(AwsError::new(400, "InvalidParameterValueException", text));
        }
        Ok(FunctionRef {
            name: name.into(),
            qualifier: derived.or_else(|| qualifier.map(Into::into)),
        })
    }

    /// 404 for a function, version or alias that is not there (AWS-10).
    pub(crate) fn function_not_found(&self, name: &str, qualifier: Option<&str>) -> AwsError {
        AwsError::new(
            404,
            "ResourceNotFoundException",
            format!("Function not found: {}", self.function_arn(name, qualifier)),
        )
    }

    /// 404 as provisioned concurrency and policies word it: aliases differently from versions (AWS-23).
    pub(crate) fn qualifier_not_found(&self, name: &str, qualifier: &str) -> AwsError {
        if is_alias_name(qualifier) {
            let text = format!("Cannot find alias arn: {}", self.function_arn(name, Some(qualifier)));
            return AwsError::new(404, "ResourceNotFoundException", text);
        }
        self.function_not_found(name, Some(qualifier))
    }
}

/// 400 `InvalidParameterValueException`.
pub(crate) fn invalid(text: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterValueException", text)
}

/// 409 `ResourceConflictException`.
pub(crate) fn conflict(text: impl Into<String>) -> AwsError {
    AwsError::new(409, "ResourceConflictException", text)
}

/// 400 `ValidationException` for one member of a request.
pub(crate) fn constraint(value: &str, member: &str, rule: &str) -> AwsError {
    let text = format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}");
    AwsError::new(400, "ValidationException", text)
}

/// 412: the caller saw another revision; `read` names the operation that gives the present one.
pub(crate) fn precondition(read: &str) -> AwsError {
    let text =
        format!("The Revision Id provided does not match the latest Revision Id. Call the {read} API to retrieve the latest Revision Id");
    AwsError::new(412, "PreconditionFailedException", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region() -> Region {
        Region {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            ..Region::default()
        }
    }

    #[test]
    fn a_function_may_be_named_in_four_ways() {
        let region = region();
        let live = FunctionRef {
            name: "fir-api".into(),
            qualifier: Some("live".into()),
        };
        for given in [
            "fir-api:live",
            "111122223333:function:fir-api:live",
            "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
        ] {
            assert_eq!(region.function_ref(given, None), Ok(live.clone()), "AWS-1: {given}");
        }
        assert_eq!(region.function_ref("fir-api", Some("live")), Ok(live));
    }

    #[test]
    fn two_different_qualifiers_are_refused() {
        let error = region().function_ref("fir-api:live", Some("2")).unwrap_err();
        assert_eq!(
            error.message,
            "The derived qualifier from the function name does not match the specified qualifier."
        );
    }
}
