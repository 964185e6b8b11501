//! Integrations whose URI holds a stage variable: they are pointed at the alias by the variable, without a deployment.
//! Source: AWS-48,
//! AWS-111.

use super::arn::function_arn_in;
use super::callers::{Entrance, Variables, calls_alias, resolve_variables};
use super::desired::Desired;

/// A stage variable and the value it shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The variable that has to change so that a URI calls the alias; `None` when the URI holds none, or none that could do it.
pub fn solve(desired: &Desired, uri: &str, variables: &Variables) -> Option<Variable> {
    let template = function_arn_in(uri)?;
    let wanted = desired.alias_arn();
    // The last one first: it is the one in the place of the qualifier.
    names(template).into_iter().rev().find_map(|name| {
        let (before, after) = template.split_once(&format!("${{stageVariables.{name}}}"))?;
        let (before, after) = (resolve_variables(before, variables)?, resolve_variables(after, variables)?);
        let value = wanted.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        let fits = !value.is_empty() && value.split(':').count() <= 2 && !value.starts_with("arn:");
        let mut after = variables.clone();
        after.insert(name.into(), value.into());
        // The variable may stand in the rest of the URI, too.
        (fits && calls_alias(desired, uri, &after)).then(|| Variable {
            name: name.into(),
            value: value.into(),
        })
    })
}

/// Whether a URI differs from stage to stage.
pub fn has_variable(uri: &str) -> bool {
    uri.contains("${stageVariables.")
}

fn names(template: &str) -> Vec<&str> {
    let pieces = template.split("${stageVariables.").skip(1);
    pieces.filter_map(|piece| piece.split_once('}').map(|(name, _)| name)).collect()
}

/// What else of `uses` holds the variable and would then call something else than our alias; `None` when nothing does.
pub fn shared_with<'a>(
    desired: &Desired,
    uses: impl Iterator<Item = (Entrance, &'a str)>,
    variables: &Variables,
    variable: &Variable,
) -> Option<Entrance> {
    let token = format!("${{stageVariables.{}}}", variable.name);
    let mut after = variables.clone();
    after.insert(variable.name.clone(), variable.value.clone());
    let mut others = uses.filter(|(_, uri)| uri.contains(&token) && !calls_alias(desired, uri, &after));
    others.next().map(|(entrance, _)| entrance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::desired;

    fn solved(arn: &str) -> Option<String> {
        let uri = desired().site.invocation_uri(arn);
        solve(&desired(), &uri, &Variables::new()).map(|variable| variable.value)
    }

    #[test]
    fn a_variable_is_solved_for_function_or_qualifier_and_for_nothing_more() {
        let function = desired().function_arn();
        let account = function.strip_suffix(":function:fir-api").unwrap();
        for (arn, value) in [
            (format!("{function}:${{stageVariables.v}}"), Some("live")),
            (format!("{account}:function:${{stageVariables.v}}"), Some("fir-api:live")),
            (format!("{account}:${{stageVariables.v}}"), None),
            (format!("{function}:live${{stageVariables.v}}"), None),
            (format!("{function}:live"), None),
        ] {
            assert_eq!(solved(&arn).as_deref(), value, "{arn}");
        }
    }

    #[test]
    fn a_variable_that_would_have_to_be_two_things_is_not_solved() {
        let arn = desired()
            .function_arn()
            .replace(":fir-api", ":${stageVariables.v}:${stageVariables.v}");
        let uri = desired().site.invocation_uri(&arn);
        assert!(has_variable(&uri) && !has_variable(&desired().alias_uri()));
        let variables = Variables::from([("v".into(), "live".into())]);
        assert_eq!(solve(&desired(), &uri, &variables), None);
    }
}
