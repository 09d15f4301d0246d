"""What people read: the report, the audit's page, the model card, and what a paper has to report."""
