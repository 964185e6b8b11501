//! A request to a function: which version answers, in which environment, and whether it may.

use serde::{Deserialize, Serialize};

use super::alias::Alias;
use super::qualifier::{LATEST, conflict, is_number};
use super::version::State;
use super::{Answer, AwsError, Function, Millis, Region, Version};

/// Who invokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invoker {
    /// Somebody with an IAM permission of his own.
    Direct,
    /// A service, on behalf of something: the resource policy of exactly the qualifier that it calls must let it in.
    Service {
        /// For instance `apigateway.amazonaws.com`.
        principal: String,
        /// For instance the execution ARN of a method.
        source_arn: String,
    },
}

/// An on-demand environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Environment {
    /// What it runs.
    pub version: String,
    /// When its request ends or ended.
    pub busy_until: Millis,
}

/// How a request was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// `$LATEST` or the number of the version that answered (`X-Amz-Executed-Version`).
    pub executed_version: String,
    /// The ARN that the function sees as its own.
    pub invoked_arn: String,
    /// Whether the caller did not wait for an initialisation.
    pub warm: bool,
    /// Whether an environment of provisioned concurrency answered.
    pub provisioned: bool,
    /// Whether all of those were busy and an on-demand one answered (AWS-28).
    pub spillover: bool,
    /// Milliseconds of the request itself.
    pub duration_ms: Millis,
    /// Milliseconds of the cold start before it; 0 when warm.
    pub init_ms: Millis,
    /// Type of the error of the function, for instance `Unhandled`.
    pub function_error: Option<String>,
}

/// Where a request will run.
enum Place {
    Provisioned(String),
    Idle(usize),
    New,
}

impl Region {
    /// Serves one request that comes in at `now`.
    ///
    /// Errors: 404 for what does not exist, 403 when no statement lets the service in, 409 for a version that is still being made,
    /// 429 when all concurrency is used.
    pub fn invoke(&mut self, now: Millis, name: &str, qualifier: Option<&str>, by: &Invoker) -> Answer<Invocation> {
        self.settle(now);
        self.serve(name, qualifier, by, |_| false)
    }

    /// The same at the present moment; `carries` says whether the event holds a text, which may be one that the function fails on.
    pub(crate) fn serve(
        &mut self,
        name: &str,
        qualifier: Option<&str>,
        by: &Invoker,
        carries: impl Fn(&str) -> bool,
    ) -> Answer<Invocation> {
        let missing = || self.function_not_found(name, qualifier);
        let function = self.functions.get(name).ok_or_else(missing)?;
        self.refuse_stranger(function, name, qualifier, by)?;
        let executed = function.route(qualifier).ok_or_else(missing)?;
        let version = function.version(&executed).ok_or_else(missing)?.clone();
        self.refuse_unready(&version)?;
        let configured = function.provisioned_for(&executed);
        let place = self.place(function, &executed, configured.as_deref());
        let spillover = configured.is_some() && !matches!(place, Place::Provisioned(_));
        if matches!(place, Place::New)
            && let Err(throttle) = self.refuse_beyond_concurrency(function)
        {
            self.record_throttle(name, qualifier, &executed);
            return Err(throttle);
        }
        let cold = matches!(place, Place::New);
        let broken = !matches!(place, Place::Provisioned(_)) && version.code.fails_on_demand();
        let failed = broken || version.code.fails_each_call() || version.code.poison().is_some_and(|text| carries(&text));
        let invocation = Invocation {
            invoked_arn: self.function_arn(name, qualifier),
            warm: !cold && !broken,
            provisioned: matches!(place, Place::Provisioned(_)),
            spillover,
            duration_ms: version.code.duration_ms().unwrap_or(self.settings.duration_ms),
            init_ms: if cold {
                version.code.init_ms().unwrap_or(self.settings.init_ms)
            } else {
                0
            },
            function_error: failed.then(|| "Unhandled".into()),
            executed_version: executed,
        };
        // An environment whose initialisation failed is not kept.
        if !(cold && broken) {
            self.occupy(name, &place, &invocation);
        }
        self.count_request(name);
        self.record_invocation(name, qualifier, &invocation);
        Ok(invocation)
    }

    fn refuse_stranger(&self, function: &Function, name: &str, qualifier: Option<&str>, by: &Invoker) -> Answer<()> {
        let Invoker::Service { principal, .. } = by else { return Ok(()) };
        // AWS-34: the policy of exactly what is called, never the function's for an alias.
        let policy = function.policies.get(qualifier.unwrap_or(LATEST));
        if policy.is_some_and(|policy| policy.statements.iter().any(|statement| statement.allows(by, &self.account))) {
            return Ok(());
        }
        let arn = self.function_arn(name, qualifier);
        let text = format!(
            "User: {principal} is not authorized to perform: lambda:InvokeFunction on resource: {arn} because no resource-based policy allows the lambda:InvokeFunction action"
        );
        Err(AwsError::new(403, "AccessDeniedException", text))
    }

    fn refuse_unready(&self, version: &Version) -> Answer<()> {
        let state = match version.state {
            State::Active => return Ok(()),
            State::Pending => "Pending",
            State::Inactive => "Inactive",
            State::Failed => "Failed",
        };
        Err(conflict(format!(
            "The operation cannot be performed at this time. The function is currently in the following state: {state}"
        )))
    }

    fn place(&self, function: &Function, version: &str, configured: Option<&str>) -> Place {
        let free = configured.and_then(|key| Some((key, function.provisioned_concurrency.get(key)?)));
        if let Some((key, capacity)) = free
            && capacity.busy_until.iter().filter(|until| **until > self.now).count() < capacity.warm as usize
        {
            return Place::Provisioned(key.into());
        }
        let idle = function
            .environments
            .iter()
            .position(|environment| environment.version == version && environment.busy_until <= self.now);
        idle.map_or(Place::New, Place::Idle)
    }

    /// 429 when neither the function's reservation nor the account has an execution left.
    fn refuse_beyond_concurrency(&self, function: &Function) -> Answer<()> {
        let working = |function: &Function| {
            function
                .environments
                .iter()
                .filter(|environment| environment.busy_until > self.now)
                .count()
        };
        let (used, limit, reason) = match function.reserved_concurrency {
            Some(reserved) => {
                let limit = reserved.saturating_sub(function.provisioned());
                (working(function), limit, "ReservedFunctionConcurrentInvocationLimitExceeded")
            }
            None => {
                let sharing = || self.functions.values().filter(|other| other.reserved_concurrency.is_none());
                let kept: u32 = sharing().map(Function::provisioned).sum();
                let reserved: u32 = self.functions.values().filter_map(|other| other.reserved_concurrency).sum();
                let limit = self.settings.account_concurrency.saturating_sub(kept + reserved);
                (sharing().map(working).sum(), limit, "ConcurrentInvocationLimitExceeded")
            }
        };
        if used < limit as usize {
            return Ok(());
        }
        let error = AwsError::new(429, "TooManyRequestsException", "Rate Exceeded.");
        Err(AwsError {
            retry_after: Some(1),
            reason: Some(reason.into()),
            ..error
        })
    }

    fn occupy(&mut self, name: &str, place: &Place, invocation: &Invocation) {
        let now = self.now;
        let until = now + invocation.init_ms + invocation.duration_ms;
        let Some(function) = self.functions.get_mut(name) else { return };
        match place {
            Place::Provisioned(key) => {
                if let Some(capacity) = function.provisioned_concurrency.get_mut(key) {
                    capacity.busy_until.retain(|until| *until > now);
                    capacity.busy_until.push(until);
                }
            }
            Place::Idle(index) => function.environments[*index].busy_until = until,
            Place::New => function.environments.push(Environment {
                version: invocation.executed_version.clone(),
                busy_until: until,
            }),
        }
    }

    /// Notes that a request was routed, and lets environments go that had no work for long.
    fn count_request(&mut self, name: &str) {
        let (now, idle) = (self.now, self.settings.idle_ms);
        if let Some(function) = self.functions.get_mut(name) {
            function.routed += 1;
            function.environments.retain(|environment| environment.busy_until + idle > now);
        }
    }
}

impl Function {
    /// The version that gets the next request.
    fn route(&self, qualifier: Option<&str>) -> Option<String> {
        match qualifier {
            None => Some(LATEST.into()),
            Some(qualifier) if is_number(qualifier) || qualifier == LATEST => Some(qualifier.into()),
            Some(name) => Some(self.aliases.get(name)?.draw(self.routed)),
        }
    }

    /// The provisioned concurrency, by its qualifier, whose environments run this version: also those of an alias, when the version
    /// itself is invoked, as recorded.
    fn provisioned_for(&self, version: &str) -> Option<String> {
        let mut running = self
            .provisioned_concurrency
            .iter()
            .filter(|(_, capacity)| capacity.warm > 0 && capacity.warm_version == version);
        running.next().map(|(key, _)| key.clone())
    }
}

impl Alias {
    /// The version for the `n`th request: the share of the second version is its weight, spread evenly and repeatably.
    fn draw(&self, n: u64) -> String {
        #[allow(clippy::cast_precision_loss)]
        let point = (n as f64 * 0.618_033_988_749_895).fract();
        let second = self.weights_in_force().into_iter().find(|(_, weight)| point < *weight);
        second.map_or_else(|| self.function_version.clone(), |(version, _)| version)
    }
}
