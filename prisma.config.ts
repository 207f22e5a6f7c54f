import { defineConfig } from 'prisma/config';

/** Only `prisma generate` reads this: migrations go through prisma/migrate.ts. */
export default defineConfig({ schema: 'prisma/schema.prisma' });
