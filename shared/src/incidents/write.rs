pub struct Drafted; pub struct IncidentDocs; pub struct Written; pub fn write(){}
