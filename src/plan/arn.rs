//! ARNs and integration URIs of the chain: how they are written, and how they are read back.

use std::fmt;

/// Where a function lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// For instance `eu-west-1`.
    pub region: String,
}

impl Site {
    /// ARN of a function without a qualifier.
    pub fn function_arn(&self, function: &str) -> String {
        format!("arn:{}:lambda:{}:{}:function:{function}", self.partition, self.region, self.account)
    }

    /// ARN of a version or an alias of a function.
    pub fn qualified_arn(&self, function: &str, qualifier: &str) -> String {
        format!("{}:{qualifier}", self.function_arn(function))
    }

    /// ARN of an event source mapping.
    pub fn mapping_arn(&self, uuid: &str) -> String {
        format!(
            "arn:{}:lambda:{}:{}:event-source-mapping:{uuid}",
            self.partition, self.region, self.account
        )
    }

    /// What a REST API's integration calls when it calls `function_arn`. Source: AWS-42.
    pub fn invocation_uri(&self, function_arn: &str) -> String {
        format!(
            "arn:{}:apigateway:{}:lambda:path/2015-03-31/functions/{function_arn}/invocations",
            self.partition, self.region
        )
    }

    /// The execution ARN of an API with a pattern for stage, method and path, for instance `*/*`. Source: AWS-50.
    pub fn execution_arn(&self, api_id: &str, pattern: &str) -> String {
        format!(
            "arn:{}:execute-api:{}:{}:{api_id}/{pattern}",
            self.partition, self.region, self.account
        )
    }
}

/// A function as an ARN names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionRef {
    /// Account and region of the function.
    pub site: Site,
    /// Bare name.
    pub function: String,
    /// Version, alias or `$LATEST`; `None` when the ARN has no qualifier.
    pub qualifier: Option<String>,
}

impl FunctionRef {
    /// Reads `arn:P:lambda:R:A:function:NAME[:QUALIFIER]`; `None` for anything else.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(8, ':');
        let mut next = || parts.next().filter(|p| !p.is_empty());
        let (Some("arn"), Some(partition), Some("lambda"), Some(region), Some(account), Some("function"), Some(function)) =
            (next(), next(), next(), next(), next(), next(), next())
        else {
            return None;
        };
        let site = Site {
            partition: partition.into(),
            account: account.into(),
            region: region.into(),
        };
        let qualifier = parts.next().map(str::to_owned);
        if qualifier.as_deref() == Some("") {
            return None;
        }
        Some(Self {
            site,
            function: function.into(),
            qualifier,
        })
    }

    /// For people: `fir-api:live`, or that there is no qualifier and what that means.
    pub fn describe(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.function),
            None => format!("{} without a qualifier, which is $LATEST", self.function),
        }
    }

    /// Reads the function out of an integration URI, stage variables already resolved; `None` when it calls no function.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::parse(function_arn_in(uri)?)
    }
}

impl fmt::Display for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.site.function_arn(&self.function))?;
        self.qualifier.as_ref().map_or(Ok(()), |q| write!(f, ":{q}"))
    }
}

/// The function ARN inside an integration URI: an invocation URI, or the ARN itself, which HTTP APIs take as well. Source: AWS-42,
/// AWS-101.
pub fn function_arn_in(uri: &str) -> Option<&str> {
    if uri.split(':').nth(2) == Some("lambda") {
        return Some(uri);
    }
    let (_, rest) = uri.split_once(":lambda:path/2015-03-31/functions/")?;
    rest.strip_suffix("/invocations")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        }
    }

    #[test]
    fn a_qualified_arn_reads_back_as_it_was_written() {
        let arn = site().qualified_arn("fir-api", "live");
        let read = FunctionRef::parse(&arn).unwrap();
        assert_eq!((read.function.as_str(), read.qualifier.as_deref()), ("fir-api", Some("live")));
        assert_eq!(read.to_string(), arn);
    }

    #[test]
    fn a_uri_gives_the_function_it_calls() {
        let uri = site().invocation_uri(&site().function_arn("fir-api"));
        assert_eq!(FunctionRef::from_uri(&uri).unwrap().qualifier, None);
    }

    #[test]
    fn a_function_may_stand_in_a_uri_by_its_arn_alone() {
        let arn = site().qualified_arn("fir-api", "live");
        assert_eq!(FunctionRef::from_uri(&arn), FunctionRef::from_uri(&site().invocation_uri(&arn)));
        assert!(FunctionRef::from_uri(&arn).is_some());
    }

    #[test]
    fn what_is_no_function_is_none() {
        for text in [
            "",
            "arn:aws:s3:::bucket",
            "arn:aws:lambda:eu-west-1:111122223333:function:",
            "arn:aws:lambda:eu-west-1:1:function:f:",
        ] {
            assert_eq!(FunctionRef::parse(text), None, "{text}");
        }
        assert_eq!(FunctionRef::from_uri("http://example.com"), None);
        assert_eq!(FunctionRef::from_uri("arn:aws:sqs:eu-west-1:111122223333:lambda"), None);
    }
}
