#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anomaly{}
pub fn read(){}
