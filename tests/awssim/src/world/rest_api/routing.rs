//! Which method of a deployed API answers a call.

use std::collections::BTreeMap;

use crate::world::gateway::path::fit;

use super::model::{Method, Resource};

/// A match: the resource's path, and the method.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route<'a> {
    /// As declared, with its variables.
    pub path: &'a str,
    /// With its integration.
    pub method: &'a Method,
}

/// The most specific resource that fits the path and has the method or `ANY`.
pub(super) fn route<'a>(resources: &'a BTreeMap<String, Resource>, http_method: &str, path: &str) -> Option<Route<'a>> {
    let path = path.split('?').next().unwrap_or_default();
    let called: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let candidates = resources.iter().filter_map(|(declared, resource)| {
        let method = resource.methods.get(http_method).or_else(|| resource.methods.get("ANY"))?;
        Some((fit(declared, &called)?, Route { path: declared, method }))
    });
    candidates.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, route)| route)
}

/// The path as it stands in an execution ARN: every variable is a `*` (AWS-50).
pub(super) fn arn_path(declared: &str) -> String {
    let parts = declared
        .trim_start_matches('/')
        .split('/')
        .map(|part| if part.starts_with('{') { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(paths: &[(&str, &str)]) -> BTreeMap<String, Resource> {
        let resource = |method: &str| Resource {
            id: String::new(),
            methods: [(method.to_owned(), Method::default())].into(),
        };
        paths.iter().map(|(path, method)| ((*path).to_owned(), resource(method))).collect()
    }

    #[test]
    fn the_most_specific_path_answers() {
        let api = resources(&[
            ("/", "GET"),
            ("/pets", "GET"),
            ("/pets/{id}", "GET"),
            ("/pets/mine", "GET"),
            ("/{proxy+}", "ANY"),
        ]);
        let found = |path: &str| route(&api, "GET", path).map(|r| r.path.to_owned()).unwrap_or_default();
        assert_eq!(found("/"), "/");
        assert_eq!(found("/pets/"), "/pets");
        assert_eq!(found("/pets/7?all=1"), "/pets/{id}");
        assert_eq!(found("/pets/mine"), "/pets/mine");
        assert_eq!(found("/pets/7/toys"), "/{proxy+}");
    }

    #[test]
    fn a_path_or_method_that_is_not_there_has_no_route() {
        let api = resources(&[("/pets", "GET")]);
        assert_eq!(route(&api, "POST", "/pets"), None);
        assert_eq!(route(&api, "GET", "/cats"), None);
    }

    /// AWS-50.
    #[test]
    fn a_path_parameter_is_a_star_in_the_execution_arn() {
        assert_eq!(arn_path("/pets/{id}/toys"), "pets/*/toys");
        assert_eq!(arn_path("/"), "");
    }
}
