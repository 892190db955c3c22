#![doc = include_str!("../docs/common-types.md")]
