//! Resources: the paths of an API.

use std::collections::BTreeMap;

use crate::world::gateway::ids;
use crate::world::{Answer, Region};

use super::errors::{bad_request, conflict, no_resource};
use super::model::{Method, Resource, RestApi};
use super::page::{Page, Paged};
use super::patch::{PatchOperation, known_operations};

/// A resource as the API answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSummary {
    /// Six characters, ten for the root.
    pub id: String,
    /// Absent for the root.
    pub parent_id: Option<String>,
    /// The last part of the path; absent for the root.
    pub path_part: Option<String>,
    /// The whole path.
    pub path: String,
    /// With their integrations; a caller sees all of it only with `embed=methods` (AWS-45).
    pub methods: BTreeMap<String, Method>,
}

/// The path above, none for the root.
pub(super) fn parent(path: &str) -> Option<String> {
    if path == "/" {
        return None;
    }
    let (above, _) = path.rsplit_once('/')?;
    Some(if above.is_empty() { "/".into() } else { above.into() })
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn join(parent: &str, part: &str) -> String {
    if parent == "/" {
        format!("/{part}")
    } else {
        format!("{parent}/{part}")
    }
}

fn summary(api: &RestApi, path: &str, resource: &Resource) -> ResourceSummary {
    let above = parent(path);
    ResourceSummary {
        id: resource.id.clone(),
        parent_id: above.as_ref().and_then(|p| api.resources.get(p)).map(|r| r.id.clone()),
        path_part: above.as_ref().map(|_| last_part(path).to_owned()),
        path: path.into(),
        methods: resource.methods.clone(),
    }
}

fn is_variable(part: &str) -> bool {
    part.starts_with('{')
}

/// Refuses a new last part under a parent, for the reasons recorded.
fn allow_part(api: &RestApi, parent_path: &str, part: &str, except: Option<&str>) -> Answer<()> {
    let above = last_part(parent_path);
    if above.starts_with('{') && above.ends_with("+}") {
        return Err(bad_request(format!(
            "Cannot create a child of a resource with a greedy path variable: {above}"
        )));
    }
    let name = part
        .strip_prefix('{')
        .and_then(|p| p.strip_suffix('}'))
        .map(|p| p.strip_suffix('+').unwrap_or(p))
        .unwrap_or(part);
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c)) {
        return Err(bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
        ));
    }
    let siblings = api
        .resources
        .keys()
        .filter(|p| parent(p).as_deref() == Some(parent_path) && except != Some(p.as_str()));
    for sibling in siblings.map(|p| last_part(p)) {
        if sibling == part {
            return Err(conflict(format!(
                "Another resource with the same parent already has this name: {part}"
            )));
        }
        if is_variable(sibling) && is_variable(part) {
            let text = format!("A sibling ({sibling}) of this resource already has a variable path part -- only one is allowed");
            return Err(bad_request(text));
        }
    }
    Ok(())
}

impl Region {
    /// `GetResources`, by path (AWS-45).
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a wrong position.
    pub fn get_resources(&self, api_id: &str, page: &Page) -> Answer<Paged<ResourceSummary>> {
        let api = self.rest_api(api_id)?;
        page.of(api.resources.iter().map(|(path, resource)| summary(api, path, resource)).collect())
    }

    /// `GetResource`.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn get_resource(&self, api_id: &str, resource_id: &str) -> Answer<ResourceSummary> {
        let (path, resource) = self.rest_resource(api_id, resource_id)?;
        Ok(summary(self.rest_api(api_id)?, path, resource))
    }

    /// `CreateResource`: one more path part under a parent.
    ///
    /// # Errors
    /// 404 for an unknown parent, 409 for a taken name, 400 for a second variable among siblings or a child of a greedy one.
    pub fn create_resource(&mut self, api_id: &str, parent_id: &str, path_part: &str) -> Answer<ResourceSummary> {
        let (parent_path, _) = self.rest_resource(api_id, parent_id)?;
        let parent_path = parent_path.to_owned();
        allow_part(self.rest_api(api_id)?, &parent_path, path_part, None)?;
        let id = ids::next(&mut self.ids, ids::PART);
        let path = join(&parent_path, path_part);
        self.rest_api_mut(api_id)?.resources.insert(
            path,
            Resource {
                id: id.clone(),
                ..Resource::default()
            },
        );
        self.get_resource(api_id, &id)
    }

    /// `UpdateResource`: renames or moves a resource with everything below it.
    ///
    /// # Errors
    /// 404 for an unknown resource or parent, 400 for other paths and operations than `replace` of `/pathPart` and `/parentId`, 409 for a taken name.
    pub fn update_resource(&mut self, api_id: &str, resource_id: &str, operations: &[PatchOperation]) -> Answer<ResourceSummary> {
        known_operations(operations, "updateResourceInput")?;
        self.rest_resource(api_id, resource_id)?;
        let before = self.rest_api(api_id)?.clone();
        for operation in operations {
            if let Err(refused) = self.patch_resource(api_id, resource_id, operation) {
                self.rest_apis.insert(api_id.into(), before);
                return Err(refused);
            }
        }
        self.get_resource(api_id, resource_id)
    }

    fn patch_resource(&mut self, api_id: &str, resource_id: &str, operation: &PatchOperation) -> Answer<()> {
        let known = matches!(operation.path.as_str(), "/pathPart" | "/parentId");
        if operation.op != "replace" || !known {
            let say = if known {
                "Please choose supported operations"
            } else {
                "Must be one of: [/parentId, /pathPart]"
            };
            return Err(bad_request(format!(
                "Invalid patch path  '{}' specified for op '{}'. {say}",
                operation.path, operation.op
            )));
        }
        let (old, _) = self.rest_resource(api_id, resource_id)?;
        let old = old.to_owned();
        let Some(above) = parent(&old) else {
            return Err(bad_request(format!("Root resource cannot update its {}.", &operation.path[1..])));
        };
        let (above, part) = if operation.path == "/pathPart" {
            (above, operation.text())
        } else {
            let (target, _) = self.rest_resource(api_id, &operation.text())?;
            if target == old || target.starts_with(&format!("{old}/")) {
                return Err(bad_request("Resources cannot be cyclical."));
            }
            (target.to_owned(), last_part(&old).to_owned())
        };
        let api = self.rest_api_mut(api_id)?;
        allow_part(api, &above, &part, Some(&old))?;
        move_tree(api, &old, &join(&above, &part));
        Ok(())
    }

    /// `DeleteResource`, with everything below it.
    ///
    /// # Errors
    /// 404 when there is none, 400 for the root.
    pub fn delete_resource(&mut self, api_id: &str, resource_id: &str) -> Answer<()> {
        let (path, _) = self.rest_resource(api_id, resource_id)?;
        if path == "/" {
            return Err(bad_request("Cannot delete root resource"));
        }
        let (path, below) = (path.to_owned(), format!("{path}/"));
        let api = self.rest_apis.get_mut(api_id).ok_or_else(no_resource)?;
        api.resources.retain(|p, _| *p != path && !p.starts_with(&below));
        Ok(())
    }
}

fn move_tree(api: &mut RestApi, old: &str, new: &str) {
    let below = format!("{old}/");
    let moved: Vec<String> = api
        .resources
        .keys()
        .filter(|p| *p == old || p.starts_with(&below))
        .cloned()
        .collect();
    for path in moved {
        if let Some(resource) = api.resources.remove(&path) {
            api.resources.insert(format!("{new}{}", &path[old.len()..]), resource);
        }
    }
}
