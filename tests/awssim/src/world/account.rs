//! The account's concurrency: limit, reservations and what is left (AWS-58).

use super::qualifier::invalid;
use super::{Answer, Function, Region};

/// What `GetAccountSettings` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// Concurrent executions of the account in this region.
    pub concurrent_executions: u32,
    /// What no function has reserved; provisioned concurrency of functions without a reservation is not taken off.
    pub unreserved_concurrent_executions: u32,
    /// Functions there are.
    pub function_count: usize,
    /// Bytes of code of all versions.
    pub total_code_size: usize,
}

impl Function {
    /// Environments asked for on all aliases and versions.
    pub fn provisioned(&self) -> u32 {
        self.provisioned_concurrency.values().map(|capacity| capacity.requested).sum()
    }
}

impl Region {
    fn reserved_by_others(&self, function: &str) -> u32 {
        self.functions
            .iter()
            .filter(|(name, _)| *name != function)
            .filter_map(|(_, other)| other.reserved_concurrency)
            .sum()
    }

    /// `GetAccountSettings`.
    pub fn get_account_settings(&self) -> AccountSettings {
        let versions = self
            .functions
            .values()
            .flat_map(|function| std::iter::once(&function.latest).chain(function.versions.values()));
        AccountSettings {
            concurrent_executions: self.settings.account_concurrency,
            unreserved_concurrent_executions: self.settings.account_concurrency.saturating_sub(self.reserved_by_others("")),
            function_count: self.functions.len(),
            total_code_size: versions.map(|version| version.code.bytes().len()).sum(),
        }
    }

    /// `PutFunctionConcurrency`.
    pub fn put_function_concurrency(&mut self, function: &str, reserved: u32) -> Answer<u32> {
        let others = self.reserved_by_others(function);
        let missing = self.function_not_found(function, Some("$LATEST"));
        let settings = self.settings.clone();
        let Some(found) = self.functions.get_mut(function) else {
            return Err(missing);
        };
        let provisioned = found.provisioned();
        if reserved < provisioned {
            let text = format!(
                " ReservedConcurrentExecutions  {reserved} should not be lower than function's total provisioned concurrency [{provisioned}]."
            );
            return Err(invalid(text));
        }
        let left = settings.account_concurrency.saturating_sub(others).saturating_sub(reserved);
        if reserved > 0 && left < settings.minimum_unreserved {
            let text = format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{}].",
                settings.minimum_unreserved
            );
            return Err(invalid(text));
        }
        found.reserved_concurrency = Some(reserved);
        Ok(reserved)
    }

    /// `GetFunctionConcurrency`: nothing when nothing is reserved.
    pub fn get_function_concurrency(&self, function: &str) -> Answer<Option<u32>> {
        Ok(self.function(function)?.reserved_concurrency)
    }

    /// `DeleteFunctionConcurrency`.
    pub fn delete_function_concurrency(&mut self, function: &str) -> Answer<()> {
        let missing = self.function_not_found(function, None);
        self.functions.get_mut(function).ok_or(missing)?.reserved_concurrency = None;
        Ok(())
    }

    /// AWS-25: what is left for more provisioned concurrency, with the texts that tell the cases apart.
    pub(crate) fn refuse_beyond_limits(&self, function: &str, qualifier: &str, requested: u32) -> Answer<()> {
        let found = self.function(function)?;
        let own = found
            .provisioned_concurrency
            .get(qualifier)
            .map_or(0, |capacity| capacity.requested);
        let beside = found.provisioned() - own;
        if let Some(reserved) = found.reserved_concurrency {
            if beside + requested > reserved {
                return Err(invalid(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
                ));
            }
            return Ok(());
        }
        let others = self
            .functions
            .iter()
            .filter(|(name, other)| *name != function && other.reserved_concurrency.is_none());
        let taken = beside + others.map(|(_, other)| other.provisioned()).sum::<u32>();
        let unreserved = self
            .settings
            .account_concurrency
            .saturating_sub(self.reserved_by_others(function))
            .saturating_sub(taken);
        if requested > unreserved {
            let text =
                format!("Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{unreserved}].");
            return Err(invalid(text));
        }
        let minimum = self.settings.minimum_unreserved;
        if unreserved - requested < minimum {
            let text = format!(
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{minimum}]."
            );
            return Err(invalid(text));
        }
        Ok(())
    }
}
