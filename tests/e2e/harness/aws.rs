//! The simulated AWS of one scenario, and what a person could see or do there.

use std::collections::BTreeMap;
use std::time::Duration;

use awssim::server::Server;
use awssim::sim::{Clock, Entry, Fault, Filter, Loss, Matching, Rule, Sim};
use awssim::world::rest_api::{NewDeployment, Resource};
use awssim::world::{Alias, AliasChange, Millis, ProvisionedConcurrency, Region, Statement};

/// The account of the demo world.
pub const ACCOUNT: &str = "111122223333";
/// Its region.
pub const REGION: &str = "eu-west-1";
/// Its function, published up to version 40.
pub const FUNCTION: &str = "fir-api";
/// The alias that endpoints have by default.
pub const ALIAS: &str = "live";
/// Its REST API.
pub const API: &str = "a1b2c3d4e5";
/// The API's stage.
pub const STAGE: &str = "prod";
/// The execution ARN of the whole API.
pub const API_ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/*";
/// What a method calls when it calls the alias.
pub const ALIAS_URI: &str =
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live/invocations";
/// What the method of the demo world calls.
pub const UNQUALIFIED_URI: &str =
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:fir-api/invocations";

/// Simulated seconds in one real second: two minutes of allocation take 1.2 seconds.
pub const SPEED: u32 = 100;

/// A simulated AWS with the demo world in it.
pub struct Aws {
    server: Server,
}

impl Aws {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let world = awssim::control::world_of(include_str!("../../../demo/world.yaml")).expect("demo/world.yaml is a world");
        let sim = Sim::new(world, Clock::scaled(f64::from(SPEED)));
        let server = Server::start("127.0.0.1:0", sim).await.expect("a port is free");
        Self { server }
    }

    /// The endpoint URL for SDKs.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The simulation itself.
    pub fn sim(&self) -> &Sim {
        &self.server.sim
    }

    /// Does in AWS what the operator does not see coming; it leaves no entry in the ledger.
    pub fn region<T>(&self, act: impl FnOnce(&mut Region) -> T) -> T {
        self.sim().with_region(ACCOUNT, REGION, |region, _| act(region))
    }

    /// The same, with the simulated time.
    pub fn region_at<T>(&self, act: impl FnOnce(&mut Region, Millis) -> T) -> T {
        self.sim().with_region(ACCOUNT, REGION, act)
    }

    /// The alias as it stands.
    pub fn alias(&self) -> Option<Alias> {
        self.region(|region| region.functions.get(FUNCTION)?.aliases.get(ALIAS).cloned())
    }

    /// The version that the alias points to.
    pub fn alias_version(&self) -> Option<String> {
        self.alias().map(|alias| alias.function_version)
    }

    /// The warm capacity of the alias.
    pub fn capacity(&self) -> Option<ProvisionedConcurrency> {
        self.region(|region| region.functions.get(FUNCTION)?.provisioned_concurrency.get(ALIAS).cloned())
    }

    /// The statements on the alias.
    pub fn statements(&self) -> Vec<Statement> {
        self.region(|region| {
            let policy = region.functions.get(FUNCTION).and_then(|function| function.policies.get(ALIAS));
            policy.map(|policy| policy.statements.clone()).unwrap_or_default()
        })
    }

    /// The published versions, oldest first.
    pub fn versions(&self) -> Vec<u64> {
        self.region(|region| region.functions[FUNCTION].versions.keys().copied().collect())
    }

    /// What `GET /reviews` of the API calls, deployed or not.
    pub fn edited_uri(&self) -> Option<String> {
        self.region(|region| uri(&region.rest_apis[API].resources))
    }

    /// What `GET /reviews` calls for callers of the stage.
    pub fn deployed_uri(&self) -> Option<String> {
        self.region(|region| {
            let api = &region.rest_apis[API];
            uri(&api.deployments[&api.stages[STAGE].deployment_id].resources)
        })
    }

    /// Somebody uploads code.
    pub fn upload(&self, code: &str) {
        self.region(|region| region.update_function_code(FUNCTION, code, false, None))
            .expect("the code can be updated");
    }

    /// Somebody points the alias elsewhere.
    pub fn move_alias(&self, version: &str) {
        self.region(|region| region.update_alias(FUNCTION, ALIAS, &AliasChange::version(version)))
            .expect("the alias can be moved");
    }

    /// The chain as the console or Terraform would have made it, right in every link and nothing of it marked as ours.
    pub fn set_up_by_hand(&self, environments: u32) {
        self.region_at(|region, now| {
            region
                .create_alias(FUNCTION, ALIAS, "40", Default::default(), "by hand")
                .expect("alias");
            let function = region.functions.get_mut(FUNCTION).expect("the function");
            let warm = ProvisionedConcurrency {
                requested: environments,
                ..ProvisionedConcurrency::default()
            };
            function.provisioned_concurrency.insert(ALIAS.into(), warm);
            region
                .add_permission(FUNCTION, Some(ALIAS), Statement::for_api("by-hand", API_ARN), None)
                .expect("statement");
            set_uri(region, ALIAS_URI);
            deploy(region, now);
        });
    }

    /// Somebody points the method elsewhere, without deploying.
    pub fn edit_uri(&self, uri: &str) {
        self.region(|region| set_uri(region, uri));
    }

    /// Somebody deploys the stage.
    pub fn deploy(&self) {
        self.region_at(deploy);
    }
}

/// The ledger: what the operator did.
impl Aws {
    /// A point in the ledger.
    pub fn mark(&self) -> u64 {
        self.sim().last_sequence()
    }

    /// Requests since a mark that were meant to change AWS, refused ones included.
    pub fn writes_since(&self, mark: u64) -> Vec<Entry> {
        self.sim().ledger(&Filter {
            since: Some(mark),
            write: Some(true),
            ..Filter::default()
        })
    }

    /// Their operations.
    pub fn written_since(&self, mark: u64) -> Vec<String> {
        self.writes_since(mark).into_iter().map(|entry| entry.operation).collect()
    }

    /// How often an operation was asked for since a mark.
    pub fn count_since(&self, mark: u64, operation: &str) -> usize {
        self.written_since(mark).iter().filter(|name| *name == operation).count()
    }

    /// Requests since a mark that only read.
    pub fn reads_since(&self, mark: u64) -> Vec<Entry> {
        self.sim().ledger(&Filter {
            since: Some(mark),
            write: Some(false),
            ..Filter::default()
        })
    }

    /// Every write ever, one a line, for the message of a failed test.
    pub fn told(&self) -> String {
        let line = |entry: Entry| {
            let fault = entry.fault.map(|fault| format!(" [fault {fault}]")).unwrap_or_default();
            let parameters: Vec<_> = entry.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!(
                "{:>5} {} {} -> {:?} {}{fault}",
                entry.sequence,
                entry.operation,
                parameters.join(" "),
                entry.status,
                entry.code.unwrap_or_default()
            )
        };
        self.writes_since(0).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// What goes wrong.
impl Aws {
    /// An operation is refused until the rule, whose id this answers, is removed.
    pub fn refuse(&self, operation: &str, status: u16, code: &str, message: &str) -> u64 {
        let fault = Fault::Fail {
            status,
            code: code.into(),
            message: message.into(),
            retry_after_seconds: None,
            reason: None,
        };
        self.fault(operation, None, fault)
    }

    /// The next request of an operation is carried out, and its answer is lost.
    pub fn lose_answer(&self, operation: &str) -> u64 {
        self.fault(operation, Some(1), Fault::LoseAnswer { how: Loss::Close })
    }

    /// A rule for one operation.
    pub fn fault(&self, operation: &str, times: Option<u64>, fault: Fault) -> u64 {
        self.sim().add_fault(Rule {
            matching: Matching {
                operation: Some(operation.into()),
                ..Matching::default()
            },
            skip: 0,
            times,
            fault,
        })
    }
}

/// How long simulated time takes really.
pub fn really(simulated: Duration) -> Duration {
    simulated / SPEED
}

fn uri(resources: &BTreeMap<String, Resource>) -> Option<String> {
    resources["/reviews"].methods["GET"].integration.as_ref()?.uri.clone()
}

fn set_uri(region: &mut Region, uri: &str) {
    let api = region.rest_apis.get_mut(API).expect("the API");
    let method = api.resources.get_mut("/reviews").and_then(|found| found.methods.get_mut("GET"));
    let integration = method.and_then(|found| found.integration.as_mut());
    integration.expect("GET /reviews has an integration").uri = Some(uri.into());
}

fn deploy(region: &mut Region, now: Millis) {
    let to_stage = NewDeployment {
        stage_name: Some(STAGE.into()),
        ..NewDeployment::default()
    };
    region.create_deployment(now, API, to_stage).expect("the stage can be deployed");
}
