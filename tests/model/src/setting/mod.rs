//! The small worlds in which the operators are let loose: each has what one part of the chain needs and nothing else.

mod capacity;
mod http;
mod mapping;
mod pair;
mod permission;
mod rest;

use awssim::world::{ById, Region, Statement, Version};
use serde_json::Value;

use crate::api::WarmLambdaEndpointSpec;
use crate::plan::desired::Desired;
use crate::plan::elder::Elder;
use crate::plan::trigger::Callers;
use crate::scene::{ACCOUNT, ALIAS, FUNCTION, MINUTE, OTHER, REGION, START, advance, execution_arn, site};
use crate::state::Left;

/// Something that somebody else does to AWS.
#[derive(Clone, Copy, Debug)]
pub struct Rival {
    /// In words.
    pub what: &'static str,
    /// Does it; what AWS refuses changes nothing.
    pub act: fn(&mut Region),
}

/// A world, who asks for what in it, and what may go wrong.
#[derive(Clone, Debug)]
pub struct Setting {
    /// One word.
    pub name: &'static str,
    /// What AWS is like in the beginning.
    pub start: Region,
    /// The specs that each endpoint may have; it begins with the first.
    pub specs: Vec<Vec<Value>>,
    /// What others may do.
    pub rivals: Vec<Rival>,
    /// What may happen in a bounded run.
    pub bounded: Left,
    /// What may happen in the long run.
    pub long: Left,
}

impl Setting {
    /// All of them.
    pub fn all() -> Vec<Self> {
        vec![
            http::setting(),
            rest::setting(),
            permission::setting(),
            capacity::setting(),
            mapping::setting(),
            pair::setting(),
        ]
    }

    /// One by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|setting| setting.name == name)
    }

    /// What an endpoint asks for.
    pub fn desired(&self, slot: usize, incarnation: u8, spec: u8) -> Desired {
        let spec = resolved(&self.specs[slot][usize::from(spec)]);
        let desired = Desired::resolve(&spec, &uid(slot, incarnation), 1, site()).unwrap();
        // The first is the elder of the second; what its triggers are does not change in any setting.
        let elder = (slot == 1).then(|| {
            let elder = resolved(&self.specs[0][0]);
            Elder {
                name: "shop/first".into(),
                alias: elder.alias_name.clone(),
                callers: Callers::resolve(&elder.triggers).unwrap(),
            }
        });
        desired.beside(elder.into_iter().collect())
    }
}

fn resolved(spec: &Value) -> WarmLambdaEndpointSpec {
    serde_json::from_value(spec.clone()).unwrap()
}

/// `metadata.uid`: its first eight characters tell objects apart, as statement ids have only those.
pub fn uid(slot: usize, incarnation: u8) -> String {
    format!("e{slot}00000{incarnation}-0000-4000-8000-000000000001")
}

/// A function with two published versions, and nothing else.
fn functions(names: &[&str]) -> Region {
    let mut region = Region {
        account: ACCOUNT.into(),
        region: REGION.into(),
        ..Region::default()
    };
    region.settle(START - 10 * MINUTE);
    for name in names {
        region.create_function(name, Version::of("code 1"), false).unwrap();
        advance(&mut region, MINUTE);
        region.publish_version(name, None, None, None).unwrap();
        let function = region.functions.get_mut(*name).unwrap();
        let second = Version {
            code: Version::of("code 2").code,
            ..function.versions[&1].clone()
        };
        function.versions.insert(2, second);
        function.last_version = 2;
    }
    region
}

/// The endpoint's function, and another one with an alias of its own.
fn with_other() -> Region {
    let mut region = functions(&[FUNCTION, OTHER]);
    region.create_alias(OTHER, ALIAS, "1", ById::new(), "").unwrap();
    region
}

/// Lets an API call a function or alias.
fn let_in(region: &mut Region, function: &str, qualifier: Option<&str>, api: &str) {
    let statement = Statement::for_api("theirs", &execution_arn(api, "*/*"));
    region.add_permission(function, qualifier, statement, None).unwrap();
}
