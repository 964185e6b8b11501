//! Routes of HTTP APIs.

use serde::Deserialize;

use crate::world::gateway::ids;
use crate::world::{Answer, Millis, Region};

use super::apis::DEFAULT;
use super::errors::{bad_request, conflict, no_route};
use super::model::{HttpApi, Route};
use super::page::{Page, Paged};

const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// What `CreateRoute` and `UpdateRoute` are given. What is absent is the default, or stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteChange {
    /// `GET /reviews`, `ANY /{proxy+}`, `$default`; needed for a new one.
    pub route_key: Option<String>,
    /// `integrations/ID`.
    pub target: Option<String>,
    /// `NONE`, `AWS_IAM`, `CUSTOM` or `JWT`.
    pub authorization_type: Option<String>,
    /// The authorizer.
    pub authorizer_id: Option<String>,
    /// Scopes of a JWT.
    pub authorization_scopes: Option<Vec<String>>,
    /// The operation name of SDKs.
    pub operation_name: Option<String>,
}

/// A route with its key.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteSummary {
    /// Unique in the API.
    pub key: String,
    /// All the rest.
    pub route: Route,
}

/// Refuses what is no route key.
pub(super) fn allow_key(key: &str) -> Answer<()> {
    let is_key = key == DEFAULT
        || key
            .split_once(' ')
            .is_some_and(|(method, path)| METHODS.contains(&method) && path.starts_with('/') && !path.contains(' '));
    if is_key {
        return Ok(());
    }
    Err(bad_request(
        "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\"",
    ))
}

/// The key without the names of its variables.
fn shape(key: &str) -> Vec<&str> {
    let part = |part| match part {
        "" => "",
        part if str::ends_with(part, "+}") => "{+}",
        part if str::starts_with(part, '{') => "{}",
        part => part,
    };
    key.split('/').map(part).collect()
}

/// Refuses a key that another route of the API has, also under other names of its variables (AWS-103).
fn allow_beside(api: &HttpApi, key: &str, except: Option<&str>) -> Answer<()> {
    for other in api.routes.keys().filter(|other| Some(other.as_str()) != except) {
        if other == key {
            return Err(conflict(format!("Route with key {key} already exists for this API")));
        }
        if shape(other) == shape(key) {
            return Err(conflict(format!(
                "The provided route key \"{key}\" has a conflicting variable on the same hierarchical level as \"{other}\""
            )));
        }
    }
    Ok(())
}

fn allow_target(api: &HttpApi, route: &Route) -> Answer<()> {
    let Some(target) = &route.target else { return Ok(()) };
    let known = route.integration_id().is_some_and(|id| api.integrations.contains_key(id));
    if known {
        Ok(())
    } else {
        Err(bad_request(format!("Invalid target specified: {target}")))
    }
}

impl RouteChange {
    fn apply(self, to: &mut Route) {
        to.target = self.target.or(to.target.take());
        to.authorization_type = self
            .authorization_type
            .unwrap_or_else(|| std::mem::take(&mut to.authorization_type));
        to.authorizer_id = self.authorizer_id.or(to.authorizer_id.take());
        to.authorization_scopes = self
            .authorization_scopes
            .unwrap_or_else(|| std::mem::take(&mut to.authorization_scopes));
        to.operation_name = self.operation_name.or(to.operation_name.take());
    }
}

impl Region {
    /// `CreateRoute`. It makes stages deploy by themselves (recorded, AWS-105).
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a key or a target that cannot be, 409 for a key that is there.
    pub fn create_http_route(&mut self, now: Millis, api_id: &str, new: RouteChange) -> Answer<RouteSummary> {
        let api = self.http_api(api_id)?;
        let key = new.route_key.clone().unwrap_or_default();
        let mut route = Route::default();
        new.apply(&mut route);
        allow_key(&key)?;
        allow_beside(api, &key, None)?;
        allow_target(api, &route)?;
        route.route_id = ids::next(&mut self.ids, ids::ROUTE);
        self.http_api_mut(api_id)?.routes.insert(key.clone(), route.clone());
        self.http_api_changed(now, api_id);
        Ok(RouteSummary { key, route })
    }

    /// `GetRoute`.
    ///
    /// # Errors
    /// 404 for an unknown API or route.
    pub fn get_http_route(&self, api_id: &str, route_id: &str) -> Answer<RouteSummary> {
        let mut routes = self.http_api(api_id)?.routes.iter();
        let (key, route) = routes.find(|(_, route)| route.route_id == route_id).ok_or_else(no_route)?;
        Ok(RouteSummary {
            key: key.clone(),
            route: route.clone(),
        })
    }

    /// `GetRoutes`.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a wrong page.
    pub fn get_http_routes(&self, api_id: &str, page: &Page) -> Answer<Paged<RouteSummary>> {
        let all = self.http_api(api_id)?.routes.iter();
        page.of(all
            .map(|(key, route)| RouteSummary {
                key: key.clone(),
                route: route.clone(),
            })
            .collect())
    }

    /// `UpdateRoute`: only what is given changes. It makes stages deploy by themselves, also when nothing changes (recorded, AWS-105).
    ///
    /// # Errors
    /// 404 for an unknown API or route, 400 for a key or a target that cannot be and for another key of a route that quick create made
    /// (AWS-104), 409 for a key that is there.
    pub fn update_http_route(&mut self, now: Millis, api_id: &str, route_id: &str, change: RouteChange) -> Answer<RouteSummary> {
        let RouteSummary { key: old, mut route } = self.get_http_route(api_id, route_id)?;
        let key = change.route_key.clone().unwrap_or_else(|| old.clone());
        if route.api_gateway_managed && key != old {
            return Err(bad_request(
                "The route key of a route that is managed by API Gateway cannot be updated",
            ));
        }
        change.apply(&mut route);
        let api = self.http_api_mut(api_id)?;
        allow_key(&key)?;
        allow_beside(api, &key, Some(&old))?;
        allow_target(api, &route)?;
        api.routes.remove(&old);
        api.routes.insert(key.clone(), route.clone());
        self.http_api_changed(now, api_id);
        Ok(RouteSummary { key, route })
    }

    /// `DeleteRoute`. It makes stages deploy by themselves (recorded, AWS-105).
    ///
    /// # Errors
    /// 404 for an unknown API or route.
    pub fn delete_http_route(&mut self, now: Millis, api_id: &str, route_id: &str) -> Answer<()> {
        let RouteSummary { key, .. } = self.get_http_route(api_id, route_id)?;
        self.http_api_mut(api_id)?.routes.remove(&key);
        self.http_api_changed(now, api_id);
        Ok(())
    }
}
