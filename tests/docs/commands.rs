//! Commands of the AWS CLI that the pages show are operations that awssim answers, so that they are no inventions.

use std::collections::BTreeSet;

use crate::pages::{page, pages};
use crate::sources::rust;

/// `get-event-source-mapping` as the operation is called: `GetEventSourceMapping`.
fn operation(command: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    command.split('-').map(capital).collect()
}

#[test]
fn a_command_is_the_name_of_its_operation() {
    assert_eq!(operation("get-event-source-mapping"), "GetEventSourceMapping");
}

#[test]
fn each_command_of_the_aws_cli_is_an_operation_that_awssim_answers() {
    let wire = rust().into_iter().filter(|(path, _)| path.starts_with("tests/awssim/src/wire"));
    let words: BTreeSet<String> = wire
        .flat_map(|(_, text)| {
            text.split(|c: char| !c.is_ascii_alphanumeric())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut found = 0;
    for page in pages() {
        for service in ["lambda", "apigateway", "apigatewayv2"] {
            let start = format!("aws {service} ");
            for command in page.text.split(&start).skip(1) {
                let command = command
                    .split(|c: char| !c.is_ascii_lowercase() && c != '-')
                    .next()
                    .unwrap_or_default();
                assert!(!command.is_empty(), "{}: {start}what?", page.path.display());
                assert!(words.contains(&operation(command)), "{}: {start}{command}", page.path.display());
                found += 1;
            }
        }
    }
    assert!(found > 5, "only {found} were found");
}

/// The commands of the blocks in a language, a continued one in one line; what a terminal shows is left out.
fn commands(path: &str, language: &str) -> Vec<String> {
    let blocks = page(path).blocks().into_iter().filter(|block| block.language == language);
    let lines = blocks.flat_map(|block| {
        let text = block.text.replace("\\\n", " ");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let prompt = if language == "console" { "$ " } else { "" };
    let typed = lines.filter_map(|line| Some(line.strip_prefix(prompt)?.split_whitespace().collect::<Vec<_>>().join(" ")));
    typed.collect()
}

#[test]
fn the_readme_installs_as_the_pages_do_that_are_walked_through() {
    let walked = [commands("docs/quick-start.md", "console"), commands("docs/iam.md", "console")].concat();
    let short = commands("README.md", "sh");
    assert_eq!(short.len(), 3, "{short:?}");
    for command in short {
        assert!(walked.contains(&command), "no page has: {command}");
    }
}
