import { DefaultJobQueuePlugin, DefaultSchedulerPlugin, DefaultSearchPlugin, type VendureConfig } from '@vendure/core';
import { BackupPlugin } from './backup.plugin';

export const config: VendureConfig = {
  apiOptions: { port: Number(process.env.PORT ?? 3000), adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
  authOptions: {
    tokenMethod: ['bearer', 'cookie'],
    superadminCredentials: { identifier: 'superadmin', password: process.env.ADMIN_PASSWORD! },
    cookieOptions: { secret: process.env.COOKIE_SECRET },
  },
  dbConnectionOptions: { ...JSON.parse(process.env.DATABASE!), synchronize: true },
  paymentOptions: { paymentMethodHandlers: [] },
  plugins: [DefaultJobQueuePlugin, DefaultSchedulerPlugin.init({}), DefaultSearchPlugin.init({}), BackupPlugin],
};
