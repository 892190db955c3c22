//! The engine against a model of it: after any sequence of events, both agree.

mod kept;
mod model;
mod results;
mod subject;

use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

use crate::tests::engine::subject::Subject;

prop_state_machine! {
    #![proptest_config(Config { cases: 1_500, ..Config::default() })]

    #[test]
    fn the_engine_agrees_with_the_model(sequential 1..120 => Subject);
}
