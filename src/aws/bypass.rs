//! Reads of what leads past the alias: made only when something asks for them.

use std::sync::Arc;

use super::Look;
use super::call::Operation;
use super::clients::Region;
use super::event_sources::Mappings;
use super::lambda::GET_POLICY;
use super::throttle::Pool;
use crate::plan::arn::FunctionRef;
use crate::plan::desired::Desired;
use crate::plan::failure::{Class, Failure};
use crate::plan::observed::{Bypass, FunctionUrl};
use crate::plan::policy::{Statement, statements};

const LIST_URLS: Operation = Operation {
    name: "lambda:ListFunctionUrlConfigs",
    pools: &[Pool::LambdaControl],
};

impl Region {
    /// The ways past the alias, as far as `look` asks for them. What AWS denies is named in the answer and fails nothing.
    pub async fn bypass(&self, function: &str, look: Look) -> Result<Option<Bypass>, Failure> {
        if look == Look::Chain {
            return Ok(None);
        }
        let mut bypass = Bypass::default();
        bypass.urls = unless_denied(self.urls(function), &mut bypass.denied).await?;
        if look == Look::Bypass {
            bypass.statements = unless_denied(self.own_policy(function), &mut bypass.denied).await?;
        }
        Ok(Some(bypass))
    }

    /// The mappings, or the action that AWS denies: without a trigger that is an event source, an operator that may not read any goes on
    /// without them.
    pub async fn mappings_if_allowed(self: &Arc<Self>, desired: &Desired, look: Look) -> Result<(Option<Mappings>, Vec<String>), Failure> {
        let mut denied = Vec::new();
        let mappings = self.mappings(desired, look);
        let mappings = if desired.event_sources.is_empty() {
            unless_denied(mappings, &mut denied).await?
        } else {
            mappings.await?
        };
        Ok((mappings, denied))
    }

    /// Function URLs of a function and of its aliases. Source: AWS-114.
    async fn urls(&self, function: &str) -> Result<Vec<FunctionUrl>, Failure> {
        let mut all = Vec::new();
        let mut marker = None;
        loop {
            let call = || {
                let call = self.lambda.list_function_url_configs().function_name(function);
                call.set_marker(marker.clone()).send()
            };
            let Some(page) = self.gate.find(LIST_URLS, function, call).await? else {
                return Ok(all);
            };
            let urls = page.function_url_configs.into_iter();
            all.extend(urls.map(|config| FunctionUrl {
                qualifier: FunctionRef::parse(&config.function_arn).and_then(|function| function.qualifier),
                url: config.function_url,
            }));
            marker = page.next_marker.filter(|m| !m.is_empty());
            if marker.is_none() {
                return Ok(all);
            }
        }
    }

    /// The statements on the function itself. Source: AWS-116.
    async fn own_policy(&self, function: &str) -> Result<Vec<Statement>, Failure> {
        let call = || self.lambda.get_policy().function_name(function).send();
        let policy = self.gate.find(GET_POLICY, function, call).await?.and_then(|output| output.policy);
        // One that cannot be read lets nobody in whom it would be right to name.
        Ok(policy.and_then(|document| statements(&document)).unwrap_or_default())
    }
}

/// The answer; nothing when AWS denies it, and then the action is noted.
async fn unless_denied<T: Default>(read: impl Future<Output = Result<T, Failure>>, denied: &mut Vec<String>) -> Result<T, Failure> {
    match read.await {
        Err(Failure {
            class: Class::Denied(action),
            ..
        }) => {
            denied.push(action);
            Ok(T::default())
        }
        answer => answer,
    }
}
