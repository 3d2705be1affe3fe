-- The scenario chosen for a debtor: its next cases open under it, before the mandate's.
alter table debtors add column scenario text;
