"""The lists that departments hand in, and the tables made from them (各表字段)."""
