//! Integrations whose URI holds a stage variable: they are pointed at the alias by the variable, without a deployment.
//! Source: AWS-48.

use super::arn::{FunctionRef, function_arn_in};
use super::callers::{function_called, resolve_variables};
use super::desired::Desired;
use super::observed::{RestApi, Stage};

/// A stage variable and the value it shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The variable that has to change so that a URI calls the alias; `None` when the URI holds none, or none that could do it.
pub fn solve(desired: &Desired, uri: &str, stage: &Stage) -> Option<Variable> {
    let template = function_arn_in(uri)?;
    let wanted = desired.alias_arn();
    // The last one first: it is the one in the place of the qualifier.
    names(template).into_iter().rev().find_map(|name| {
        let (before, after) = template.split_once(&format!("${{stageVariables.{name}}}"))?;
        let (before, after) = (
            resolve_variables(before, &stage.variables)?,
            resolve_variables(after, &stage.variables)?,
        );
        let value = wanted.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        let fits = !value.is_empty() && value.split(':').count() <= 2 && !value.starts_with("arn:");
        fits.then(|| Variable {
            name: name.into(),
            value: value.into(),
        })
    })
}

fn names(template: &str) -> Vec<&str> {
    let pieces = template.split("${stageVariables.").skip(1);
    pieces.filter_map(|piece| piece.split_once('}').map(|(name, _)| name)).collect()
}

/// What else uses the variable and would then call something else than our alias; `None` when nothing does.
pub fn shared_with(desired: &Desired, api: &RestApi, stage: &Stage, variable: &Variable) -> Option<String> {
    let token = format!("${{stageVariables.{}}}", variable.name);
    let mut after = stage.clone();
    after.variables.insert(variable.name.clone(), variable.value.clone());
    let current = api
        .methods
        .iter()
        .flatten()
        .filter_map(|(key, m)| Some((key, m.integration.as_ref()?.uri.as_deref()?)));
    let deployed = stage.deployed.iter().flatten().map(|(key, uri)| (key, uri.as_str()));
    let ours = |f: Option<FunctionRef>| f.is_some_and(|f| desired.is_our_alias(&f));
    let mut others = current
        .chain(deployed)
        .filter(|(_, uri)| uri.contains(&token) && !ours(function_called(uri, &after)));
    others.next().map(|(key, _)| format!("{} {}", key.http_method, key.path))
}
