//! Aliases.

use serde::Deserialize;

use crate::world::{AliasChange, Answer, ById, Region};

use super::call::Call;
use super::shape::{Reply, alias, listing};

/// `RoutingConfig`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Routing {
    additional_version_weights: Option<ById<f64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    name: String,
    function_version: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    routing_config: Option<Routing>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Update {
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<Routing>,
    revision_id: Option<String>,
}

/// `CreateAlias`.
pub fn create(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Create = call.body()?;
    let weights = given
        .routing_config
        .and_then(|routing| routing.additional_version_weights)
        .unwrap_or_default();
    let answer = region.create_alias(&call.function, &given.name, &given.function_version, weights, &given.description)?;
    Ok(alias(&answer).into())
}

/// `GetAlias`.
pub fn get(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(alias(&region.get_alias(&call.function, &call.extra)?).into())
}

/// `ListAliases`.
pub fn list(region: &mut Region, call: &Call) -> Answer<Reply> {
    let page = region.list_aliases(
        &call.function,
        call.query("FunctionVersion").as_deref(),
        call.query("Marker").as_deref(),
        call.max_items(),
    )?;
    Ok(listing("Aliases", &page, alias))
}

/// `UpdateAlias`; a `RoutingConfig` without weights clears them, like one with an empty map (AWS-18).
pub fn update(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Update = call.body()?;
    let change = AliasChange {
        function_version: given.function_version,
        additional_version_weights: given
            .routing_config
            .map(|routing| routing.additional_version_weights.unwrap_or_default()),
        description: given.description,
        revision_id: given.revision_id,
    };
    Ok(alias(&region.update_alias(&call.function, &call.extra, &change)?).into())
}

/// `DeleteAlias`.
pub fn delete(region: &mut Region, call: &Call) -> Answer<Reply> {
    region.delete_alias(&call.function, &call.extra)?;
    Ok(Reply::default())
}
