//! Who calls the function through an API, as far as the API shows it: integrations as they stand and as they are deployed.

use std::collections::BTreeMap;
use std::fmt;

use super::arn::FunctionRef;
use super::desired::{Desired, MethodKey};
use super::observed::{DeployedCall, HttpApi, Observed, RestApi};

/// Stage variables by name.
pub type Variables = BTreeMap<String, String>;

/// The kinds of APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiKind {
    /// API Gateway v1.
    Rest,
    /// API Gateway v2.
    Http,
}

impl fmt::Display for ApiKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rest => "REST API",
            Self::Http => "HTTP API",
        })
    }
}

/// What requests arrive at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entrance {
    /// A method of a REST API.
    Method(MethodKey),
    /// A route of an HTTP API, by its key.
    Route(String),
}

/// For people: `GET /reviews`, `$default`.
impl fmt::Display for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(method) => write!(f, "{} {}", method.http_method, method.path),
            Self::Route(key) => f.write_str(key),
        }
    }
}

impl Entrance {
    /// The end of an execution ARN, after the stage: `GET/reviews/*`, with `ANY` and path parameters as `*`. Source: AWS-50.
    ///
    /// For an HTTP API AWS writes a path parameter as it stands in the route's key, which the `*` meets as well; the route
    /// `$default` has neither method nor path. Source: AWS-108.
    pub fn pattern(&self) -> String {
        let (method, path) = match self {
            Self::Method(method) => (method.http_method.as_str(), method.path.as_str()),
            Self::Route(key) => match key.split_once(' ') {
                Some(parts) => parts,
                None => return key.clone(),
            },
        };
        let method = if method == "ANY" { "*" } else { method };
        let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
        format!("{method}{}", path.join("/"))
    }
}

/// A method or route of a stage that calls the alias, or may do so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// What kind of API it belongs to.
    pub kind: ApiKind,
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage; `None` for an integration that is not deployed on any stage that could be read.
    pub stage: Option<String>,
    /// Where requests arrive; `None` when it cannot be told, because the stage was not read or has a canary.
    pub entrance: Option<Entrance>,
    /// Whether API Gateway calls with a role, and so needs no permission on the alias. Source: AWS-51.
    pub has_role: bool,
}

impl Caller {
    /// For people: `REST API a1b2c3d4e5/prod GET /reviews`.
    pub fn describe(&self) -> String {
        let (kind, api_id) = (self.kind, &self.api_id);
        let stage = self.stage.as_deref().unwrap_or("(not deployed)");
        match &self.entrance {
            Some(entrance) => format!("{kind} {api_id}/{stage} {entrance}"),
            None => format!("{kind} {api_id}/{stage} (its deployed integrations cannot be told)"),
        }
    }

    /// The source ARN with which API Gateway calls for it; `None` when that cannot be told. Source: AWS-50, AWS-108.
    pub fn source_arn(&self, desired: &Desired) -> Option<String> {
        let stage = self.stage.as_deref().unwrap_or("*");
        let pattern = self.entrance.as_ref()?.pattern();
        Some(desired.site.execution_arn(&self.api_id, &format!("{stage}/{pattern}")))
    }
}

/// Replaces `${stageVariables.x}` in a URI; `None` when a variable has no value on the stage. Source: AWS-48, AWS-111.
pub fn resolve_variables(uri: &str, variables: &Variables) -> Option<String> {
    let mut resolved = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        let (name, tail) = after.split_once('}')?;
        resolved.push_str(before);
        resolved.push_str(variables.get(name)?);
        rest = tail;
    }
    resolved.push_str(rest);
    Some(resolved)
}

/// The function that a URI calls on a stage.
pub fn function_called(uri: &str, variables: &Variables) -> Option<FunctionRef> {
    FunctionRef::from_uri(&resolve_variables(uri, variables)?)
}

/// Whether a URI calls our alias on a stage.
pub fn calls_alias(desired: &Desired, uri: &str, variables: &Variables) -> bool {
    function_called(uri, variables).is_some_and(|f| desired.is_our_alias(&f))
}

/// What a URI calls on a stage, for people.
pub fn called(uri: &str, variables: &Variables) -> String {
    function_called(uri, variables).map_or_else(|| uri.to_owned(), |f| f.describe())
}

/// Everything in the observed APIs that calls the alias, or may do so because it could not be read.
pub fn of_alias(desired: &Desired, observed: &Observed) -> Vec<Caller> {
    let rest = observed.rest_apis.iter().filter_map(|(id, api)| Seen::rest(id, api));
    let http = observed.http_apis.iter().filter_map(|(id, api)| Seen::http(id, api));
    let mut callers: Vec<_> = rest.chain(http).flat_map(|api| api.callers(desired)).collect();
    callers.sort();
    callers.dedup();
    callers
}

/// An API of either kind, as far as it matters who calls what.
struct Seen<'a> {
    kind: ApiKind,
    id: &'a str,
    /// Integrations as they stand in the API now: what they call, and whether with a role.
    current: Vec<(Entrance, &'a str, bool)>,
    stages: Vec<SeenStage<'a>>,
}

struct SeenStage<'a> {
    name: &'a str,
    variables: &'a Variables,
    deployed: Option<Vec<(Entrance, &'a DeployedCall)>>,
    canary: bool,
}

impl<'a> Seen<'a> {
    fn rest(id: &'a str, api: &'a RestApi) -> Option<Self> {
        let current = api.methods.as_ref()?.iter().filter_map(|(key, method)| {
            let integration = method.integration.as_ref()?;
            let entrance = Entrance::Method(key.clone());
            Some((entrance, integration.uri.as_deref()?, integration.credentials.is_some()))
        });
        let stages = api.stages.iter().map(|(name, stage)| SeenStage {
            name,
            variables: &stage.variables,
            deployed: deployed(stage.deployed.as_ref(), Entrance::Method),
            canary: stage.canary,
        });
        Some(Self {
            kind: ApiKind::Rest,
            id,
            current: current.collect(),
            stages: stages.collect(),
        })
    }

    fn http(id: &'a str, api: &'a HttpApi) -> Option<Self> {
        let current = api.routes.as_ref()?.iter().filter_map(|(key, route)| {
            let integration = api.integrations.get(route.integration_id.as_deref()?)?;
            let entrance = Entrance::Route(key.clone());
            Some((entrance, integration.uri.as_deref()?, integration.credentials.is_some()))
        });
        let stages = api.stages.iter().map(|(name, stage)| SeenStage {
            name,
            variables: &stage.variables,
            deployed: deployed(stage.deployed.as_ref(), Entrance::Route),
            canary: false,
        });
        Some(Self {
            kind: ApiKind::Http,
            id,
            current: current.collect(),
            stages: stages.collect(),
        })
    }

    fn callers(&self, desired: &Desired) -> Vec<Caller> {
        let caller = |stage: Option<&str>, entrance: Option<&Entrance>, has_role: bool| Caller {
            kind: self.kind,
            api_id: self.id.into(),
            stage: stage.map(str::to_owned),
            entrance: entrance.cloned(),
            has_role,
        };
        let mut callers = Vec::new();
        for stage in &self.stages {
            for (entrance, call) in stage.deployed.iter().flatten() {
                if calls_alias(desired, &call.uri, stage.variables) {
                    callers.push(caller(Some(stage.name), Some(entrance), call.credentials.is_some()));
                }
            }
            if stage.deployed.is_none() || stage.canary {
                callers.push(caller(Some(stage.name), None, false));
            }
        }
        let none = Variables::new();
        let mut variables: Vec<_> = self.stages.iter().map(|stage| stage.variables).collect();
        if variables.is_empty() {
            variables.push(&none);
        }
        for (entrance, uri, has_role) in &self.current {
            let known = |c: &Caller| c.entrance.as_ref() == Some(entrance) && c.has_role == *has_role;
            if !callers.iter().any(known) && variables.iter().any(|v| calls_alias(desired, uri, v)) {
                callers.push(caller(None, Some(entrance), *has_role));
            }
        }
        callers
    }
}

fn deployed<K: Clone>(
    calls: Option<&BTreeMap<K, DeployedCall>>,
    entrance: impl Fn(K) -> Entrance,
) -> Option<Vec<(Entrance, &DeployedCall)>> {
    Some(calls?.iter().map(|(key, call)| (entrance(key.clone()), call)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{API, desired, quiet, reviews};

    #[test]
    fn path_parameters_and_any_are_stars_in_an_execution_arn() {
        let route = |key: &str| Entrance::Route(key.into()).pattern();
        for (key, pattern) in [
            ("POST /reviews", "POST/reviews"),
            ("ANY /items/{id}", "*/items/*"),
            ("GET /{proxy+}", "GET/*"),
            ("$default", "$default"),
        ] {
            assert_eq!(route(key), pattern);
        }
        let method = MethodKey {
            path: "/items/{id}".into(),
            http_method: "ANY".into(),
        };
        assert_eq!(Entrance::Method(method).pattern(), "*/items/*");
    }

    fn whom(observed: &Observed) -> Vec<(Option<String>, Option<Entrance>, bool)> {
        let callers = of_alias(&desired(), observed).into_iter();
        callers.map(|caller| (caller.stage, caller.entrance, caller.has_role)).collect()
    }

    fn the_api(observed: &mut Observed) -> &mut RestApi {
        observed.rest_apis.get_mut(API).unwrap()
    }

    #[test]
    fn a_stage_of_which_not_all_is_known_may_call_with_anything() {
        let prod = || Some("prod".to_owned());
        let method = || Some(Entrance::Method(reviews()));
        let mut observed = quiet();
        assert_eq!(whom(&observed), [(prod(), method(), false)]);
        the_api(&mut observed).stages.get_mut("prod").unwrap().canary = true;
        assert_eq!(whom(&observed), [(prod(), None, false), (prod(), method(), false)]);
        let mut observed = quiet();
        the_api(&mut observed).stages.get_mut("prod").unwrap().deployed = None;
        assert_eq!(whom(&observed), [(None, method(), false), (prod(), None, false)]);
    }

    #[test]
    fn what_the_next_deployment_brings_calls_too() {
        let prod = || Some("prod".to_owned());
        let method = || Some(Entrance::Method(reviews()));
        let mut observed = quiet();
        let api = the_api(&mut observed);
        let current = api.methods.as_mut().unwrap().get_mut(&reviews()).unwrap();
        current.integration.as_mut().unwrap().credentials = Some("arn:aws:iam::111122223333:role/gateway".into());
        assert_eq!(
            whom(&observed),
            [(None, method(), true), (prod(), method(), false)],
            "it gets a role"
        );
    }

    #[test]
    fn people_read_the_function_that_a_uri_calls_or_the_uri() {
        let none = Variables::new();
        assert_eq!(called("arn:aws:lambda:eu-west-1:1:function:f:live", &none), "f:live");
        assert_eq!(called("https://example.com", &none), "https://example.com");
    }
}
