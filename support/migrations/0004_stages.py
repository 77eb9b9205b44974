from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('support', '0003_money_rows'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='addressupdaterequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage__in', ['checking', 'awaiting_approval', 'sending', 'verifying', 'unknown']), ('status', 'pending')), models.Q(('stage__in', ['updated']), ('status', 'updated')), models.Q(('stage__in', ['not_applied', 'conflict', 'rejected', 'superseded', 'cancelled', 'expired']), ('status', 'failed')), _connector='OR'), name='address_update_request_stage'),
        ),
        migrations.AddConstraint(
            model_name='refundrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage__in', ['awaiting_approval', 'approved', 'holding', 'sending', 'accepted', 'unknown', 'needs_human']), ('status', 'pending')), models.Q(('stage__in', ['processed']), ('status', 'processed')), models.Q(('stage__in', ['rejected', 'superseded', 'cancelled', 'expired']), ('status', 'failed')), _connector='OR'), name='refund_request_stage'),
        ),
    ]
