//! What breaks event source mappings: execution roles, and Lambda's own hand.

use serde::Deserialize;

use super::body::{read, refuse};
use crate::sim::Sim;
use crate::wire::{DEFAULT_ACCOUNT, Request, Response};
use crate::world::event_source::{MappingState, Problem, Role};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RoleToPut {
    account: Option<String>,
    region: String,
    arn: String,
    role: Option<Role>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MappingToDisable {
    account: Option<String>,
    region: String,
    uuid: String,
    reason: Option<String>,
}

/// `PUT /_sim/roles`: what a role may do; without `role` it may do everything again.
pub fn put_role(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let asked: RoleToPut = read(request)?;
    let account = asked.account.as_deref().unwrap_or(DEFAULT_ACCOUNT);
    sim.with_region(account, &asked.region, |region, _| match asked.role {
        Some(role) => drop(region.roles.insert(asked.arn, role)),
        None => drop(region.roles.remove(&asked.arn)),
    });
    Ok(Response::empty(204))
}

/// `POST /_sim/mappings/disable`: Lambda disables a mapping by itself, for no reason that the world has (AWS-94).
pub fn disable(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let asked: MappingToDisable = read(request)?;
    let account = asked.account.as_deref().unwrap_or(DEFAULT_ACCOUNT);
    let usual = Problem::ActionMissing("").state_transition_reason();
    let disabled = sim.with_region(account, &asked.region, |region, _| {
        region.disable_event_source_mapping(&asked.uuid, asked.reason.as_deref().unwrap_or(usual));
        let mapping = region.event_source_mappings.get(&asked.uuid);
        mapping.is_some_and(|mapping| mapping.state == MappingState::Disabled)
    });
    if disabled {
        Ok(Response::empty(204))
    } else {
        Err(refuse(404, &format!("uuid: there is no mapping {}", asked.uuid)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;
    use crate::sim::Clock;

    const UUID: &str = "11111111-2222-4333-8444-555555555555";
    const WORLD: &str = r#"
regions:
- account: "111122223333"
  region: eu-west-1
  functions: {fir-api: {}}
  queues: {"arn:aws:sqs:eu-west-1:111122223333:orders": {}}
  eventSourceMappings:
    11111111-2222-4333-8444-555555555555: {eventSourceArn: "arn:aws:sqs:eu-west-1:111122223333:orders", functionArn: fir-api}
"#;

    fn call(sim: &Sim, method: &str, path: &str, body: &str) -> u16 {
        answer(sim, &Request::new(method, path, body)).status
    }

    fn state(sim: &Sim) -> (MappingState, bool) {
        sim.with_region(DEFAULT_ACCOUNT, "eu-west-1", |region, _| {
            let mapping = &region.event_source_mappings[UUID];
            (mapping.state, mapping.broken_since.is_some())
        })
    }

    #[test]
    fn a_role_is_taken_away_and_given_back() {
        let sim = Sim::new(super::super::world_of(WORLD).unwrap(), Clock::manual(1_000_000));
        let role = "arn: 'arn:aws:iam::111122223333:role/function'";
        let bare = format!("{{region: eu-west-1, {role}, role: {{actions: []}}}}");
        assert_eq!(call(&sim, "PUT", "/_sim/roles", &bare), 204);
        assert_eq!(state(&sim), (MappingState::Enabled, true), "AWS-92");
        assert_eq!(call(&sim, "PUT", "/_sim/roles", &format!("{{region: eu-west-1, {role}}}")), 204);
        assert_eq!(state(&sim), (MappingState::Enabled, false));
    }

    #[test]
    fn lambda_disables_a_mapping_when_it_is_told_to() {
        let sim = Sim::new(super::super::world_of(WORLD).unwrap(), Clock::manual(1_000_000));
        let which = |uuid: &str| format!("{{region: eu-west-1, uuid: {uuid}}}");
        assert_eq!(call(&sim, "POST", "/_sim/mappings/disable", &which(UUID)), 204);
        assert_eq!(state(&sim).0, MappingState::Disabled, "AWS-94");
        assert_eq!(call(&sim, "POST", "/_sim/mappings/disable", &which("nothing")), 404);
    }
}
