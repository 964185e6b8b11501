//! Which operation a method and a path mean.

use crate::wire::Request;
use crate::world::{Answer, Region};

use super::call::{Call, Parameters};
use super::shape::Reply;
use super::{alias, concurrency, event_source_mapping, function, function_url, invocation, permission};

/// Carries an operation out.
pub type Handler = fn(&mut Region, &Call) -> Answer<Reply>;

/// One operation of the protocol.
pub struct Route {
    /// AWS's name of the operation.
    pub name: &'static str,
    /// Whether it changes AWS.
    pub write: bool,
    /// HTTP status of success.
    pub status: u16,
    /// Carries it out.
    pub handler: Handler,
    method: &'static str,
    /// Version of the API, the first part of the path.
    api: &'static str,
    /// The rest of the path; `F` stands for the function, `X` for one more parameter.
    path: &'static [&'static str],
}

const fn read(name: &'static str, api: &'static str, path: &'static [&'static str], handler: Handler) -> Route {
    Route {
        name,
        write: false,
        status: 200,
        handler,
        method: "GET",
        api,
        path,
    }
}

const fn write(
    name: &'static str,
    method: &'static str,
    status: u16,
    api: &'static str,
    path: &'static [&'static str],
    handler: Handler,
) -> Route {
    Route {
        name,
        write: true,
        status,
        handler,
        method,
        api,
        path,
    }
}

const MAIN: &str = "2015-03-31";
const ACCOUNT: &str = "2016-08-19";
const RESERVED: &str = "2017-10-31";
const WARM: &str = "2019-09-30";
const URL: &str = "2021-10-31";
const MAPPINGS: &str = "event-source-mappings";

const ROUTES: &[Route] = &[
    write("CreateFunction", "POST", 201, MAIN, &["functions"], function::create),
    read("ListFunctions", MAIN, &["functions"], function::list),
    read("GetFunction", MAIN, &["functions", "F"], function::get),
    write("DeleteFunction", "DELETE", 204, MAIN, &["functions", "F"], function::delete),
    read(
        "GetFunctionConfiguration",
        MAIN,
        &["functions", "F", "configuration"],
        function::get_configuration,
    ),
    write(
        "UpdateFunctionConfiguration",
        "PUT",
        200,
        MAIN,
        &["functions", "F", "configuration"],
        function::update_configuration,
    ),
    write(
        "UpdateFunctionCode",
        "PUT",
        200,
        MAIN,
        &["functions", "F", "code"],
        function::update_code,
    ),
    write(
        "PublishVersion",
        "POST",
        201,
        MAIN,
        &["functions", "F", "versions"],
        function::publish_version,
    ),
    read(
        "ListVersionsByFunction",
        MAIN,
        &["functions", "F", "versions"],
        function::list_versions,
    ),
    // It changes nothing that an operator looks after.
    Route {
        write: false,
        ..write("Invoke", "POST", 200, MAIN, &["functions", "F", "invocations"], invocation::invoke)
    },
    write("CreateAlias", "POST", 201, MAIN, &["functions", "F", "aliases"], alias::create),
    read("ListAliases", MAIN, &["functions", "F", "aliases"], alias::list),
    read("GetAlias", MAIN, &["functions", "F", "aliases", "X"], alias::get),
    write("UpdateAlias", "PUT", 200, MAIN, &["functions", "F", "aliases", "X"], alias::update),
    write(
        "DeleteAlias",
        "DELETE",
        204,
        MAIN,
        &["functions", "F", "aliases", "X"],
        alias::delete,
    ),
    write("AddPermission", "POST", 201, MAIN, &["functions", "F", "policy"], permission::add),
    read("GetPolicy", MAIN, &["functions", "F", "policy"], permission::get),
    write(
        "RemovePermission",
        "DELETE",
        204,
        MAIN,
        &["functions", "F", "policy", "X"],
        permission::remove,
    ),
    write(
        "PutFunctionConcurrency",
        "PUT",
        200,
        RESERVED,
        &["functions", "F", "concurrency"],
        concurrency::put_reserved,
    ),
    write(
        "DeleteFunctionConcurrency",
        "DELETE",
        204,
        RESERVED,
        &["functions", "F", "concurrency"],
        concurrency::delete_reserved,
    ),
    read(
        "GetFunctionConcurrency",
        WARM,
        &["functions", "F", "concurrency"],
        concurrency::get_reserved,
    ),
    write(
        "PutProvisionedConcurrencyConfig",
        "PUT",
        202,
        WARM,
        &["functions", "F", "provisioned-concurrency"],
        concurrency::put,
    ),
    read(
        "GetProvisionedConcurrencyConfig",
        WARM,
        &["functions", "F", "provisioned-concurrency"],
        concurrency::get,
    ),
    write(
        "DeleteProvisionedConcurrencyConfig",
        "DELETE",
        204,
        WARM,
        &["functions", "F", "provisioned-concurrency"],
        concurrency::delete,
    ),
    write(
        "CreateEventSourceMapping",
        "POST",
        202,
        MAIN,
        &[MAPPINGS],
        event_source_mapping::create,
    ),
    read("ListEventSourceMappings", MAIN, &[MAPPINGS], event_source_mapping::list),
    read("GetEventSourceMapping", MAIN, &[MAPPINGS, "X"], event_source_mapping::get),
    write(
        "UpdateEventSourceMapping",
        "PUT",
        202,
        MAIN,
        &[MAPPINGS, "X"],
        event_source_mapping::update,
    ),
    write(
        "DeleteEventSourceMapping",
        "DELETE",
        202,
        MAIN,
        &[MAPPINGS, "X"],
        event_source_mapping::delete,
    ),
    write(
        "CreateFunctionUrlConfig",
        "POST",
        201,
        URL,
        &["functions", "F", "url"],
        function_url::create,
    ),
    read("GetFunctionUrlConfig", URL, &["functions", "F", "url"], function_url::get),
    write(
        "DeleteFunctionUrlConfig",
        "DELETE",
        204,
        URL,
        &["functions", "F", "url"],
        function_url::delete,
    ),
    read("ListFunctionUrlConfigs", URL, &["functions", "F", "urls"], function_url::list),
    read("GetAccountSettings", ACCOUNT, &["account-settings"], concurrency::account_settings),
];

/// The one operation that differs from another in its query only.
const LIST_WARM: Route = read(
    "ListProvisionedConcurrencyConfigs",
    WARM,
    &["functions", "F", "provisioned-concurrency"],
    concurrency::list,
);

/// The route of a request and the parameters in its path.
pub fn find(request: &Request) -> Option<(&'static Route, Parameters)> {
    let segments = request.segments();
    let (api, rest) = segments.split_first()?;
    let found = ROUTES
        .iter()
        .find(|route| route.method == request.method && route.api == api && route.matches(rest))?;
    let lists = found.name == "GetProvisionedConcurrencyConfig" && request.parameter("List").as_deref() == Some("ALL");
    let route = if lists { &LIST_WARM } else { found };
    let parameter = |mark: &str| route.path.iter().position(|part| *part == mark).map(|index| rest[index].clone());
    let (function, extra) = (parameter("F").unwrap_or_default(), parameter("X").unwrap_or_default());
    Some((route, Parameters { function, extra }))
}

impl Route {
    fn matches(&self, rest: &[String]) -> bool {
        self.path.len() == rest.len()
            && self
                .path
                .iter()
                .zip(rest)
                .all(|(part, given)| matches!(*part, "F" | "X") || part == given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, target: &str) -> Option<(&'static str, Parameters)> {
        find(&Request::new(method, target, "")).map(|(route, parameters)| (route.name, parameters))
    }

    #[test]
    fn a_list_of_warm_capacity_is_told_from_a_get_by_its_query() {
        let path = "/2019-09-30/functions/fir-api/provisioned-concurrency";
        assert_eq!(
            found("GET", &format!("{path}?List=ALL")).unwrap().0,
            "ListProvisionedConcurrencyConfigs"
        );
        assert_eq!(
            found("GET", &format!("{path}?Qualifier=live")).unwrap().0,
            "GetProvisionedConcurrencyConfig"
        );
    }

    #[test]
    fn an_arn_in_a_path_is_decoded() {
        let target = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ar%3A1%3Afunction%3Af/aliases/live";
        let (name, parameters) = found("GET", target).unwrap();
        assert_eq!(
            (name, parameters.function.as_str(), parameters.extra.as_str()),
            ("GetAlias", "arn:aws:lambda:r:1:function:f", "live")
        );
    }

    #[test]
    fn mappings_are_found_with_and_without_a_slash_at_the_end() {
        for target in ["/2015-03-31/event-source-mappings", "/2015-03-31/event-source-mappings/"] {
            assert_eq!(found("GET", target).unwrap().0, "ListEventSourceMappings");
        }
        let (name, parameters) = found("PUT", "/2015-03-31/event-source-mappings/1-2-3").unwrap();
        assert_eq!((name, parameters.extra.as_str()), ("UpdateEventSourceMapping", "1-2-3"));
    }

    #[test]
    fn an_unknown_path_is_no_operation() {
        assert!(found("GET", "/2015-03-31/layers").is_none());
        assert!(found("PATCH", "/2015-03-31/functions/f").is_none());
    }
}
