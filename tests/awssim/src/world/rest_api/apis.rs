//! REST APIs as a whole.

use crate::world::gateway::errors::no_api;
use crate::world::gateway::ids;
use crate::world::{Answer, Millis, Region};

use super::errors::{bad_request, no_resource};
use super::model::{Resource, RestApi};
use super::page::{Page, Paged};

/// What `CreateRestApi` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRestApi {
    /// The display name; not unique.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Free text.
    pub version: Option<String>,
    /// Media types passed on as bytes.
    pub binary_media_types: Vec<String>,
}

/// An API as the API answers it: without its resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestApiSummary {
    /// Ten characters.
    pub id: String,
    /// The display name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Free text.
    pub version: Option<String>,
    /// Media types passed on as bytes.
    pub binary_media_types: Vec<String>,
    /// When it was created.
    pub created: Millis,
    /// The resource of the path `/`.
    pub root_resource_id: String,
}

fn summary(id: &str, api: &RestApi) -> RestApiSummary {
    RestApiSummary {
        id: id.into(),
        name: api.name.clone(),
        description: api.description.clone(),
        version: api.version.clone(),
        binary_media_types: api.binary_media_types.clone(),
        created: api.created,
        root_resource_id: api.resources.get("/").map(|r| r.id.clone()).unwrap_or_default(),
    }
}

impl Region {
    /// `CreateRestApi`: an API with nothing but its root.
    ///
    /// # Errors
    /// 400 without a name.
    pub fn create_rest_api(&mut self, now: Millis, new: NewRestApi) -> Answer<RestApiSummary> {
        if new.name.is_empty() {
            return Err(bad_request("Name must not be empty"));
        }
        let id = ids::next(&mut self.ids, ids::API);
        let root = Resource {
            id: ids::next(&mut self.ids, ids::API),
            ..Resource::default()
        };
        let api = RestApi {
            name: new.name,
            description: new.description,
            version: new.version,
            binary_media_types: new.binary_media_types,
            created: now,
            resources: [("/".to_owned(), root)].into(),
            ..RestApi::default()
        };
        let answer = summary(&id, &api);
        self.rest_apis.insert(id, api);
        Ok(answer)
    }

    /// `GetRestApi`.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn get_rest_api(&self, api_id: &str) -> Answer<RestApiSummary> {
        Ok(summary(api_id, self.rest_api(api_id)?))
    }

    /// `GetRestApis`.
    ///
    /// # Errors
    /// 400 for a wrong position.
    pub fn get_rest_apis(&self, page: &Page) -> Answer<Paged<RestApiSummary>> {
        page.of(self.rest_apis.iter().map(|(id, api)| summary(id, api)).collect())
    }

    /// `DeleteRestApi`, with all that is in it.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn delete_rest_api(&mut self, api_id: &str) -> Answer<()> {
        self.rest_api(api_id)?;
        self.rest_apis.remove(api_id);
        Ok(())
    }

    pub(super) fn rest_api(&self, api_id: &str) -> Answer<&RestApi> {
        self.rest_apis.get(api_id).ok_or_else(|| no_api(&self.account, api_id))
    }

    pub(super) fn rest_api_mut(&mut self, api_id: &str) -> Answer<&mut RestApi> {
        let missing = no_api(&self.account, api_id);
        self.rest_apis.get_mut(api_id).ok_or(missing)
    }

    /// The resource with that id and its path; an unknown API reads like an unknown resource (recorded).
    pub(super) fn rest_resource(&self, api_id: &str, resource_id: &str) -> Answer<(&str, &Resource)> {
        let api = self.rest_apis.get(api_id).ok_or_else(no_resource)?;
        api.resources
            .iter()
            .find(|(_, r)| r.id == resource_id)
            .map(|(path, r)| (path.as_str(), r))
            .ok_or_else(no_resource)
    }

    pub(super) fn rest_resource_mut(&mut self, api_id: &str, resource_id: &str) -> Answer<&mut Resource> {
        let api = self.rest_apis.get_mut(api_id).ok_or_else(no_resource)?;
        api.resources.values_mut().find(|r| r.id == resource_id).ok_or_else(no_resource)
    }
}
